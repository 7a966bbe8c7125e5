import Glibc
import MLS
import System

/// The command line of this program: for testers, not installed.
enum Interop {
    static let usage = """
        usage: mls-interop verify KIND < file.json
               mls-interop make KIND [--seed N] [--suite N] > file.json
               mls-interop serve
               mls-interop bench
               mls-interop rules > rules.json
        KIND: \(VectorKind.allCases.map(\.rawValue).joined(separator: ", "))

        """

    static func run(_ arguments: [String]) -> Int32 {
        switch arguments.first {
        case "verify" where arguments.count == 2:
            return verify(arguments[1])
        case "make" where arguments.count >= 2:
            return make(arguments[1], Array(arguments.dropFirst(2)))
        case "bench" where arguments.count == 1:
            do {
                try Bench.run()
                return 0
            } catch {
                write("mls-interop: \(error)\n", to: 2)
                return 1
            }
        case "rules" where arguments.count == 1:
            do {
                write(try RuleVectors.make().text + "\n", to: 1)
                return 0
            } catch {
                write("mls-interop: \(error)\n", to: 2)
                return 1
            }
        case "serve" where arguments.count == 1:
            serve()
            return 0
        default:
            write(usage, to: 2)
            return 64
        }
    }

    private static func verify(_ name: String) -> Int32 {
        guard let kind = VectorKind(fileName: name) else {
            write("mls-interop: no kind of vectors is called \(name)\n", to: 2)
            return 64
        }
        do {
            let report = try kind.verify(JSON(parsing: readAll(0)))
            write(report.text + "\n", to: 1)
            return 0
        } catch {
            write("mls-interop: \(error)\n", to: 2)
            return 1
        }
    }

    private static func make(_ name: String, _ options: [String]) -> Int32 {
        guard let kind = VectorKind(fileName: name) else {
            write("mls-interop: no kind of vectors is called \(name)\n", to: 2)
            return 64
        }
        var seed: UInt64 = 1
        var suites = CipherSuite.supported
        for place in stride(from: 0, to: options.count, by: 2) {
            guard place + 1 < options.count, let value = UInt64(options[place + 1]) else {
                write(usage, to: 2)
                return 64
            }
            switch options[place] {
            case "--seed": seed = value
            case "--suite": suites = [CipherSuite(rawValue: UInt16(truncatingIfNeeded: value))]
            default:
                write(usage, to: 2)
                return 64
            }
        }
        do {
            write(JSON.array(try make(kind, seed: seed, suites: suites)).text + "\n", to: 1)
            return 0
        } catch {
            write("mls-interop: \(error)\n", to: 2)
            return 1
        }
    }

    /// The entries of a file, for each suite; kinds that know no suite are made once.
    static func make(_ kind: VectorKind, seed: UInt64, suites: [CipherSuite]) throws -> [JSON] {
        let knowsSuites = kind != .deserialization && kind != .treeMath
        var entries: [JSON] = []
        for suite in knowsSuites ? suites : Array(suites.prefix(1)) {
            var maker = try VectorMaker(seed: seed, suite: suite)
            entries += try maker.make(kind)
        }
        return entries
    }

    /// One request a line, one answer a line, until the input ends.
    private static func serve() {
        var server = Server()
        while let line = readLine(strippingNewline: true) {
            write(server.answer(Array(line.utf8)) + "\n", to: 1)
        }
    }

    static func readAll(_ descriptor: Int32) -> [UInt8] {
        (try? SmallFile.read(descriptor: descriptor, limit: .max).get()) ?? []
    }

    static func write(_ text: String, to descriptor: Int32) {
        _ = Descriptor.write(Array(text.utf8), to: descriptor)
    }
}
