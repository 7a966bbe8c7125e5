/// Sizes as people write them: `512K`, `64M`, `10G`, `1T`, in powers of 1,024; a number alone is bytes.
package enum SizeText {
    package static let form = "a size such as 512K, 64M or 10G"
    /// An exbibyte less one: what a file's size can be.
    private static let maximum = UInt64(Int64.max)

    package static func bytes(_ text: String) -> UInt64? {
        let units: [Character: UInt64] = ["K": 10, "M": 20, "G": 30, "T": 40]
        var digits = Substring(text)
        var shift: UInt64 = 0
        if let last = digits.last, let unit = units[last] {
            shift = unit
            digits.removeLast()
        }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt64(digits),
            number <= maximum >> shift
        else { return nil }
        return number << shift
    }

    /// For people: the largest unit that leaves at least one, one digit after the point.
    package static func text(_ bytes: UInt64) -> String {
        let units: [(String, UInt64)] = [("T", 40), ("G", 30), ("M", 20), ("K", 10)]
        for (name, shift) in units where bytes >> shift > 0 {
            let tenths = ((bytes >> (shift - 10)) * 10) >> 10
            return tenths % 10 == 0 ? "\(tenths / 10)\(name)" : "\(tenths / 10).\(tenths % 10)\(name)"
        }
        return "\(bytes)"
    }
}
