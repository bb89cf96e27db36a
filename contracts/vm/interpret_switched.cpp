#define KETEN_VM_INTERPRET interpret_switched
#define KETEN_VM_THREADED 0
#include "contracts/vm/interpret.h"
