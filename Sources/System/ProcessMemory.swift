import CGlibc

package enum ProcessMemory {
    /// Neither the kernel nor a collector gets the memory of this process when it ends.
    package static func forbidDumps() { shim_forbid_dumps() }

    /// Gives the pages of freed memory back to the system. Takes its time.
    package static func trim() { malloc_trim(0) }
}
