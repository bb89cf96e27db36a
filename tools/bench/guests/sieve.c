// Primes below a million, three times over.
enum { kLimit = 1000000 };
static unsigned char composite[kLimit];

__attribute__((export_name("run"))) unsigned run(void) {
  unsigned count = 0;
  for (int round = 0; round < 3; ++round) {
    for (unsigned i = 0; i < kLimit; ++i) { composite[i] = 0; }
    count = 0;
    for (unsigned i = 2; i < kLimit; ++i) {
      if (composite[i]) { continue; }
      ++count;
      for (unsigned k = i + i; k < kLimit; k += i) { composite[k] = 1; }
    }
  }
  return count;
}
