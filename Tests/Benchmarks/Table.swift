/// Tables of Markdown, row by row as they are measured.
enum Table {
    static func begin(_ heads: [String]) {
        print("")
        row(heads)
        print("|" + String(repeating: "---|", count: heads.count))
    }

    static func row(_ cells: [String]) { print("| " + cells.joined(separator: " | ") + " |") }

    static func row(_ cells: String...) { row(cells) }
}

extension [Double] {
    var median: Double { sorted().quantile(0.5) }

    /// Of numbers in ascending order.
    func quantile(_ share: Double) -> Double {
        isEmpty ? .nan : self[Swift.min(count - 1, Int(Double(count) * share))]
    }

    /// How many times the other's median.
    func ratio(to other: [Double]) -> String { "\((median / other.median).text(2)) ×" }
}

extension Double {
    /// With so many decimals.
    func text(_ decimals: Int) -> String {
        guard isFinite, magnitude < 1e15 else { return "-" }
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = (self * scale).rounded()
        guard decimals > 0 else { return String(Int(scaled)) }
        let digits = String(Int(scaled.magnitude))
        let padded = String(repeating: "0", count: Swift.max(0, decimals + 1 - digits.count)) + digits
        return (scaled < 0 ? "-" : "") + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }

    /// A rate, a second: two figures and zeros.
    var rate: String {
        guard isFinite, self >= 1, self < 1e12 else { return "-" }
        var (head, zeros) = (self, 1)
        while head >= 100 { (head, zeros) = (head / 10, zeros * 10) }
        let digits = Array(String(Int(head.rounded()) * zeros))
        return digits.indices.reduce("") {
            $0 + ($1 > 0 && (digits.count - $1) % 3 == 0 ? "," : "") + String(digits[$1])
        }
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
