@preconcurrency import Foundation
import Transport

/// A server in a process of its own, whose CPU time and memory can be read from outside.
final class ServerProcess {
    typealias Failed = Child.Failed

    private let child: Child
    /// Where it listens, from its line `listening HOST:PORT SHA256:…`.
    let address: NetworkAddress
    let pin: PublicKeyPin

    /// Starts `program` and waits for its line.
    init(_ program: String, _ arguments: [String], log: String? = nil) throws {
        child = try Child(program, arguments, log: log)
        let words = child.readLine().split(separator: " ")
        guard words.count == 3, words[0] == "listening", let colon = words[1].lastIndex(of: ":"),
            let port = Int(words[1][words[1].index(after: colon)...]), let pin = PublicKeyPin(words[2])
        else {
            kill(child.id, SIGTERM)
            throw Failed(description: "\(program) did not say where it listens")
        }
        address = NetworkAddress(host: String(words[1][..<colon]), port: port)
        self.pin = pin
    }

    /// CPU time of all its threads so far, seconds.
    func cpuSeconds() throws -> Double {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(child.id, &clock) == 0, clock_gettime(clock, &time) == 0 else {
            throw Failed(description: "the CPU time of the server cannot be read; has it ended?")
        }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Memory that it holds, KiB.
    func residentKiB() throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(child.id)/smaps_rollup", encoding: .utf8)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Rss:") }),
            let number = line.split(separator: " ").dropFirst().first, let kibibytes = Double(number)
        else { throw Failed(description: "the memory of the server cannot be read") }
        return kibibytes
    }

    func stop() {
        kill(child.id, SIGTERM)
        child.end()
    }
}
