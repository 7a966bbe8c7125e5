import Testing

@testable import WireCodec

@Suite struct WireCodecTests {
    @Test(
        arguments: [
            (0, [0x00]), (0x3f, [0x3f]), (0x40, [0x40, 0x40]), (0x3fff, [0x7f, 0xff]),
            (0x4000, [0x80, 0x00, 0x40, 0x00]), (0x3fff_ffff, [0xbf, 0xff, 0xff, 0xff]),
        ] as [(Int, [UInt8])])
    func `a length has one shortest encoding`(length: Int, bytes: [UInt8]) throws {
        var writer = WireWriter()
        writer.write(length: length)
        #expect(writer.bytes == bytes)
        var reader = WireReader(bytes)
        #expect(try reader.readLength() == length)
        try reader.finish()
    }

    @Test(arguments: [[0x40, 0x3f], [0x80, 0, 0x3f, 0xff], [0xc0, 0, 0, 0], [0xff]] as [[UInt8]])
    func `a length in a longer form is refused`(bytes: [UInt8]) {
        #expect(throws: WireError.invalidLengthEncoding) {
            var reader = WireReader(bytes)
            _ = try reader.readLength()
        }
    }

    @Test func `a vector that claims more than remains is refused`() {
        #expect(throws: WireError.truncated(needed: 0x3fff_ffff, available: 1)) {
            var reader = WireReader([0xbf, 0xff, 0xff, 0xff, 7])
            _ = try reader.readVector()
        }
    }

    @Test func `integers are big endian`() throws {
        var writer = WireWriter()
        writer.write(UInt8(1))
        writer.write(UInt16(0x0203))
        writer.write(UInt32(0x0405_0607))
        writer.write(UInt64(0x0809_0a0b_0c0d_0e0f))
        #expect(writer.bytes == Array(1...15))
        var reader = WireReader(writer.bytes)
        #expect(try reader.read(UInt8.self) == 1)
        #expect(try reader.read(UInt16.self) == 0x0203)
        #expect(try reader.read(UInt32.self) == 0x0405_0607)
        #expect(try reader.read(UInt64.self) == 0x0809_0a0b_0c0d_0e0f)
    }
}
