# A library that was preloaded and changes the environment does not hide the arguments.

command -v cc >/dev/null || { say "SKIPPED: no C compiler"; exit 0; }
cat >"$SCRATCH/preloaded.c" <<'END'
#include <stdlib.h>
__attribute__((constructor)) static void change(void) {
    char name[] = "PRELOADED_A";
    for (; name[10] <= 'Z'; name[10]++) setenv(name, "a value that makes the environment move", 1);
}
END
cc -shared -fPIC -o "$SCRATCH/preloaded.so" "$SCRATCH/preloaded.c" 2>/dev/null ||
    { say "SKIPPED: the compiler makes no library"; exit 0; }
person alice
exits 0 alice env LD_PRELOAD="$SCRATCH/preloaded.so" chat --version
has "$SCRATCH/out" '^chat '
exits 64 alice env LD_PRELOAD="$SCRATCH/preloaded.so" chat send --to "not a name" "hi"
has "$SCRATCH/err" "not a name"
exits 0 alice env LD_PRELOAD="$SCRATCH/preloaded.so" chatd --version
exits 64 alice env LD_PRELOAD="$SCRATCH/preloaded.so" chatd nonsense
