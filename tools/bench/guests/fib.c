// The slow way, for the sake of its calls.
static unsigned fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

__attribute__((export_name("run"))) unsigned run(void) { return fib(30); }
