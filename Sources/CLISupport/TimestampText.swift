import ChatProtocol

/// A date and a time of the proleptic Gregorian calendar, by arithmetic alone.
private struct CivilTime {
    var year: Int64
    var month: Int64
    var day: Int64
    var hour: Int64
    var minute: Int64
    var second: Int64
    var millisecond: Int64

    /// From milliseconds since 1970, moved by an offset from UTC in seconds.
    ///
    /// The calendar's eras of 400 years have 146,097 days each; years begin in March, so that the leap day is last
    /// (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    init(milliseconds: Int64, offset: Int64) {
        let local = milliseconds + offset * 1000
        let seconds = local.flooredDivision(by: 1000)
        millisecond = local - seconds * 1000
        let days = seconds.flooredDivision(by: 86_400)
        let inDay = seconds - days * 86_400
        (hour, minute, second) = (inDay / 3600, inDay / 60 % 60, inDay % 60)

        let shifted = days + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.flooredDivision(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func length(ofMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    var date: String { "\(year.padded(to: 4))-\(month.padded(to: 2))-\(day.padded(to: 2))" }
    var clock: String { "\(hour.padded(to: 2)):\(minute.padded(to: 2)):\(second.padded(to: 2))" }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }

    fileprivate func padded(to count: Int) -> String {
        let digits = String(magnitude)
        return (self < 0 ? "-" : "") + String(repeating: "0", count: Swift.max(0, count - digits.utf8.count)) + digits
    }
}

/// Points in time in RFC 3339.
package enum TimestampText {
    /// The last millisecond of the year 9999, the last that RFC 3339 can write. What the network claims beyond it
    /// is shown as this.
    package static let maximum: Timestamp = 253_402_300_799_999

    /// `2026-11-23T01:29:00.123Z`.
    package static func utc(_ time: Timestamp) -> String {
        let civil = civil(time, offset: 0)
        return "\(civil.date)T\(civil.clock).\(civil.millisecond.padded(to: 3))Z"
    }

    /// `1795397340.123`: Unix seconds, exact to the millisecond, as JSON writes a number.
    package static func seconds(_ time: Timestamp) -> JSONValue {
        let bounded = Int64(min(time, maximum).milliseconds)
        return .number("\(bounded / 1000).\((bounded % 1000).padded(to: 3))")
    }

    /// `01:29:00` at a place so many seconds east of UTC.
    package static func clock(_ time: Timestamp, offset: Int) -> String {
        civil(time, offset: offset).clock
    }

    /// `2026-11-23` at a place so many seconds east of UTC.
    package static func date(_ time: Timestamp, offset: Int) -> String {
        civil(time, offset: offset).date
    }

    private static func civil(_ time: Timestamp, offset: Int) -> CivilTime {
        CivilTime(milliseconds: Int64(min(time, maximum).milliseconds), offset: Int64(offset))
    }

    /// Milliseconds since 1970 of an RFC 3339 date-time, negative before 1970; nil where the text is none.
    ///
    /// `T` and `Z` may be lower case, and a space may stand for `T`, as `date --rfc-3339` writes it. A fraction
    /// finer than milliseconds is cut; a leap second is the second after it.
    package static func parse(_ text: some StringProtocol) -> Int64? {
        var scanner = DigitScanner(text)
        guard let year = scanner.digits(4), scanner.skip("-"), let month = scanner.digits(2), scanner.skip("-"),
            let day = scanner.digits(2), scanner.skip("Tt "), let hour = scanner.digits(2), scanner.skip(":"),
            let minute = scanner.digits(2), scanner.skip(":"), let second = scanner.digits(2),
            let fraction = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd,
            (1...12).contains(month), day >= 1, day <= CivilTime.length(ofMonth: month, year: year),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        let days = CivilTime.days(year: year, month: month, day: day)
        return (days * 86_400 + hour * 3600 + minute * 60 + second - offset) * 1000 + fraction
    }

    /// What is said to somebody who typed something else.
    package static let form = "a time such as 2026-11-23T01:29:00Z, or a duration such as 2h for two hours ago"

    /// A point in time as an option takes it: RFC 3339, or a duration that means "so long ago". What lies before
    /// 1970 is 1970.
    package static func parse(_ text: some StringProtocol, now: Timestamp) -> Timestamp? {
        if let ago = DurationText.duration(text) { return now - ago }
        return parse(text).map { Timestamp(milliseconds: UInt64(max(0, $0))) }
    }
}

private struct DigitScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { position == bytes.count }

    mutating func digits(_ count: Int) -> Int64? {
        guard position + count <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + count] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        position += count
        return value
    }

    mutating func skip(_ any: StaticString) -> Bool {
        guard position < bytes.count, any.description.utf8.contains(bytes[position]) else { return false }
        position += 1
        return true
    }

    /// Milliseconds; 0 where there is no fraction, nil where it has no digits or more than nine.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        let start = position
        var value: Int64 = 0
        while let digit = digits(1) {
            if position - start <= 3 { value = value * 10 + digit }
        }
        let count = position - start
        guard (1...9).contains(count) else { return nil }
        for _ in 0..<max(0, 3 - count) { value *= 10 }
        return value
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int64? {
        if skip("Zz") { return 0 }
        let isEast = skip("+")
        guard isEast || skip("-"), let hours = digits(2), skip(":"), let minutes = digits(2), hours < 24, minutes < 60
        else { return nil }
        return (isEast ? 1 : -1) * (hours * 3600 + minutes * 60)
    }
}
