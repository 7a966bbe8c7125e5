import ChatProtocol
import Glibc

/// What the kernel knows of this process, under the names that Prometheus' own libraries use. A plain value.
struct ProcessFigures {
    var cpuMilliseconds: UInt64 = 0
    var residentBytes: UInt64?
    var openFiles: UInt64?
    var mostFiles: UInt64?

    /// Asks the kernel: some microseconds, however many files are open.
    static func now() -> ProcessFigures {
        var figures = ProcessFigures()
        var usage = rusage()
        if getrusage(RUSAGE_SELF.rawValue, &usage) == 0 {
            figures.cpuMilliseconds = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime)
        }
        if let bytes = try? WholeFile.read("/proc/self/statm", limit: 4_096) {
            let pages = String(decoding: bytes, as: UTF8.self).split(separator: " ").dropFirst().first
            figures.residentBytes = pages.flatMap { UInt64($0) }.map { $0 * UInt64(sysconf(Int32(_SC_PAGESIZE))) }
        }
        // The size of this directory is the number of files (Linux 6.2); older kernels say 0.
        var status = stat()
        if stat("/proc/self/fd", &status) == 0, status.st_size > 0 { figures.openFiles = UInt64(status.st_size) }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            figures.mostFiles = UInt64(limit.rlim_cur)
        }
        return figures
    }

    private static func milliseconds(_ time: timeval) -> UInt64 {
        UInt64(max(0, time.tv_sec)) * 1_000 + UInt64(max(0, time.tv_usec)) / 1_000
    }

    func describe(in text: inout MetricsText) {
        text.add(
            "process_cpu_seconds_total", .counter, "Processor time of the server.", milliseconds: cpuMilliseconds)
        if let residentBytes {
            text.add("process_resident_memory_bytes", .gauge, "Memory that the server has.", residentBytes)
        }
        if let openFiles { text.add("process_open_fds", .gauge, "Files and sockets that are open.", openFiles) }
        if let mostFiles { text.add("process_max_fds", .gauge, "How many may be open.", mostFiles) }
    }
}
