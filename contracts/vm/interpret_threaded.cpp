// Computed goto where the compiler has it.
#define KETEN_VM_INTERPRET interpret_threaded
#if defined(__GNUC__)
#define KETEN_VM_THREADED 1
#else
#define KETEN_VM_THREADED 0
#endif
#include "contracts/vm/interpret.h"
