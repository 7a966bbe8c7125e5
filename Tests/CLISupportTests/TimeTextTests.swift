import Testing

@testable import CLISupport
import ChatProtocol

@Suite struct DurationTextTests {
    @Test(
        arguments: [
            ("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000), ("7d", 604_800_000), ("0", 0),
            ("0s", 0), ("007s", 7000), ("3650d", 315_360_000_000),
        ] as [(String, Int64)])
    func `a duration is read`(text: String, milliseconds: Int64) {
        #expect(DurationText.duration(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "5", "s", "-5s", "+5s", "1.5s", "5 s", " 5s", "5s ", "5S", "5min", "5w", "3651d", "99999999999999999999d",
        "999999999999999d", "٣s", "5ms5s",
    ])
    func `anything else is refused`(text: String) {
        #expect(DurationText.duration(text) == nil)
    }

    @Test(
        arguments: [(0, "0ms"), (500, "500ms"), (1000, "1s"), (1500, "1500ms"), (90_000, "90s"), (604_800_000, "7d")]
            as [(Int64, String)])
    func `a duration is written as it is read`(milliseconds: Int64, text: String) {
        #expect(DurationText.text(.milliseconds(milliseconds)) == text)
        #expect(DurationText.duration(text) == .milliseconds(milliseconds))
    }
}

@Suite struct TimestampTextTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_795_397_340_123, "2026-11-23T01:29:00.123Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(UInt64, String)])
    func `a time is written and read back`(milliseconds: UInt64, text: String) {
        #expect(TimestampText.utc(Timestamp(milliseconds: milliseconds)) == text)
        #expect(TimestampText.parse(text) == Int64(milliseconds))
    }

    @Test func `every day of four centuries is its predecessor's successor`() {
        var previous = ""
        for day: UInt64 in 0..<146_097 {
            let text = TimestampText.utc(Timestamp(milliseconds: day * 86_400_000))
            #expect(text > previous)
            #expect(TimestampText.parse(text) == Int64(day) * 86_400_000)
            previous = text
        }
    }

    @Test(
        arguments: [
            ("2026-11-23T02:29:00+01:00", 1_795_397_340_000), ("2026-11-22t20:29:00.5-05:00", 1_795_397_340_500),
            ("2026-11-23 01:29:00z", 1_795_397_340_000), ("2026-11-23T01:29:00.1239Z", 1_795_397_340_123),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000), ("1969-12-31T23:59:59.999Z", -1),
            ("0000-03-01T00:00:00Z", -62_162_035_200_000),
        ] as [(String, Int64)])
    func `other forms of RFC 3339 are read`(text: String, milliseconds: Int64) {
        #expect(TimestampText.parse(text) == milliseconds)
    }

    @Test(arguments: [
        "", "2026-11-23", "2026-11-23T01:29:00", "2026-11-23T01:29Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z",
        "2026-01-01T00:00:00Z ", "+026-01-01T00:00:00Z", "yesterday", "٢٠٢٦-01-01T00:00:00Z",
    ])
    func `anything else is refused`(text: String) {
        #expect(TimestampText.parse(text) == nil)
    }

    @Test func `every truncation of a time is refused`() {
        let text = "2026-11-23T01:29:00.123Z"
        for count in 0..<text.count { #expect(TimestampText.parse(text.prefix(count)) == nil) }
    }

    @Test func `an option takes a time, or how long ago it was`() {
        #expect(TimestampText.parse("2h", now: 10_000_000) == 2_800_000)
        #expect(TimestampText.parse("7d", now: 10_000_000) == 0)
        #expect(TimestampText.parse("1960-01-01T00:00:00Z", now: 5) == 0)
        #expect(TimestampText.parse("1970-01-01T00:00:01Z", now: 5) == 1000)
        #expect(TimestampText.parse("soon", now: 5) == nil)
    }

    @Test func `what the network claims is never a trap`() {
        #expect(TimestampText.utc(.distantFuture) == "9999-12-31T23:59:59.999Z")
        #expect(TimestampText.seconds(.distantFuture) == .number("253402300799.999"))
        #expect(TimestampText.clock(.distantFuture, offset: 14 * 3600) == "13:59:59")
    }

    @Test func `a local time is moved by its offset`() {
        #expect(TimestampText.clock(1_795_397_340_123, offset: -2 * 3600) == "23:29:00")
        #expect(TimestampText.date(1_795_397_340_123, offset: -2 * 3600) == "2026-11-22")
        #expect(TimestampText.date(0, offset: -60) == "1969-12-31")
        #expect(TimestampText.clock(0, offset: -1) == "23:59:59")
    }

    @Test func `Unix seconds are exact to the millisecond`() {
        #expect(TimestampText.seconds(1_795_397_340_123) == .number("1795397340.123"))
        #expect(TimestampText.seconds(7) == .number("0.007"))
    }
}
