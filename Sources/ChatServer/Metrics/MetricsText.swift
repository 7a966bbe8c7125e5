/// Measurements in the text format that Prometheus reads (version 0.0.4). A plain value.
struct MetricsText {
    enum Kind: String {
        /// Only grows, and begins anew with the server.
        case counter
        case gauge
    }

    private(set) var text = ""

    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: UInt64) {
        add(name, kind, help, samples: [("", "\(value)")])
    }

    /// A number of seconds, exact to the thousandth.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, milliseconds: UInt64) {
        let rest = String(milliseconds % 1_000)
        let fraction = String(repeating: "0", count: 3 - rest.count) + rest
        add(name, kind, help, samples: [("", "\(milliseconds / 1_000).\(fraction)")])
    }

    /// One sample for each value of a label.
    mutating func add(
        _ name: String, _ kind: Kind, _ help: String, label: String, _ values: [(String, UInt64)]
    ) {
        add(name, kind, help, samples: values.map { ("{\(label)=\"\(Self.escaped($0))\"}", "\($1)") })
    }

    private mutating func add(_ name: String, _ kind: Kind, _ help: String, samples: [(String, String)]) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for (labels, value) in samples { text += "\(name)\(labels) \(value)\n" }
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
