#if canImport(Glibc)
    import Glibc
#endif

/// The command line of this program: for testers, not installed.
enum Interop {
    static let usage = """
        usage: mls-interop verify KIND < file.json
               mls-interop make KIND [--seed N] [--suite N] > file.json
               mls-interop serve
        KIND: \(VectorKind.allCases.map(\.rawValue).joined(separator: ", "))

        """

    static func run(_ arguments: [String]) -> Int32 {
        switch arguments.first {
        case "verify" where arguments.count == 2:
            return verify(arguments[1])
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

    static func readAll(_ descriptor: Int32) -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count <= 0 { return all }
            all.append(contentsOf: buffer[0..<count])
        }
    }

    static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count <= 0 { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
