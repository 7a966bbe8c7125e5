import CGlibc

package enum ProcessMemory {
    /// Neither the kernel nor a collector gets the memory of this process when it ends.
    package static func forbidDumps() { shim_forbid_dumps() }

    /// Gives the pages of freed memory back to the system. Takes its time.
    package static func trim() { malloc_trim(0) }

    /// Lets all threads use one heap, before there are any: a short command would else spend a hundred system calls on making
    /// others grow. Not for who has work for several threads at once.
    package static func useOneHeap() { mallopt(M_ARENA_MAX, 1) }
}
