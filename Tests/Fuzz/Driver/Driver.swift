#if FUZZER
    import FuzzTargets
    import Glibc

    /// Called by libFuzzer once, before it reads the inputs to begin with: writes those that are made anew each time to the
    /// folder CHAT_FUZZ_SEEDS.
    @_cdecl("LLVMFuzzerInitialize")
    public func initialize(
        _ count: UnsafeMutablePointer<CInt>?,
        _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
    ) -> CInt {
        guard let target = Driver.target, let folder = getenv("CHAT_FUZZ_SEEDS") else { return 0 }
        for (place, seed) in ((try? target.seeds()) ?? []).enumerated() {
            guard let file = fopen("\(String(cString: folder))/seed-\(place)", "w") else { continue }
            fwrite(seed, 1, seed.count, file)
            fclose(file)
        }
        return 0
    }

    /// Called by libFuzzer for each input; CHAT_FUZZ names the target.
    @_cdecl("LLVMFuzzerTestOneInput")
    public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        guard let target = Driver.target else {
            print("CHAT_FUZZ must name one of", FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))
            exit(64)
        }
        let input = Array(UnsafeBufferPointer(start: data, count: count))
        let start = Driver.cpuSeconds()
        do { try target.run(input) } catch { fatalError("\(error)") }
        // Not `-timeout=1`, which counts the time that others had the processor.
        precondition(Driver.cpuSeconds() - start < 1, "an input took a second of CPU")
        return 0
    }

    private enum Driver {
        static let target = getenv("CHAT_FUZZ").flatMap { FuzzTarget(rawValue: String(cString: $0)) }

        static func cpuSeconds() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
    }
#else
    /// Without libFuzzer there is nothing to drive: the kept inputs run in `FuzzTests`.
    @main struct Driver {
        static func main() { print("run 'make fuzz'") }
    }
#endif
