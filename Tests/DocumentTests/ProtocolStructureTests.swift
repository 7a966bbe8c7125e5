import ChatProtocol
import Foundation
import Testing
import Transport
import WireCodec

/// Every structure of chat-protocol(7), field by field, against what the program puts on the wire.
struct ProtocolStructureTests {
    let page: ManualPage
    let language: PresentationLanguage

    init() throws {
        page = try ManualPage("chat-protocol.7")
        language = try PresentationLanguage(page: page)
    }

    @Test(arguments: ProtocolSamples.all)
    func `a structure has the fields that the page gives it, in their order`(sample: ProtocolSample) throws {
        let parts = try language.split(sample.value.wireBytes, as: sample.name)
        var real: [(String, Any)] = sample.prefix.map { ($0.0, $0.1) }
        for child in Mirror(reflecting: sample.value).children { real.append((child.label ?? "?", child.value)) }
        #expect(parts.map(\.field.name) == real.map { snakeCase($0.0) })
        for (part, field) in zip(parts, real) {
            let expected = try encoding(of: field.1, as: part.field.type)
            #expect(part.bytes == expected, "\(sample.name).\(part.field.name)")
        }
    }

    @Test func `every body of a frame is in the page and among the samples`() {
        let sampled = Set(ProtocolSamples.all.map(\.name))
        for row in page.rows("Frame kinds") {
            #expect(language.fields(of: row[1]) != nil, "\(row[1]) is not described")
            #expect(sampled.contains(row[1]), "\(row[1]) has no sample")
        }
        for (name, definition) in language.definitions {
            if case .structure = definition { #expect(sampled.contains(name), "\(name) has no sample") }
        }
    }

    @Test func `every enumeration has the values that the page gives it, and no other`() throws {
        try expectEqual("PayloadKind", PayloadKind.self)
        try expectEqual("ContentType", Content.ContentType.self)
        try expectEqual("KeyPurpose", KeyPurpose.self)
        try expectEqual("KeyAlgorithm", KeyAlgorithm.self)
        try expectEqual("ConversationType", ConversationType.self)
        try expectEqual("Disposition", Disposition.self)
        try expectEqual("GapReason", GapReason.self)
        try expectEqual("Change", Presence.Change.self)
        try expectEqual("DeviceState", DeviceState.self)
    }

    @Test func `the flags have the bits that the page gives them`() {
        let text = page.lines.joined(separator: "\n")
        let flags = AccountRecord.Flags.self
        #expect(
            text.contains(
                "\(flags.administrator.rawValue) administrator, \(flags.disabled.rawValue) disabled, "
                    + "\(flags.deleted.rawValue) deleted"))
        let options = Subscribe.Options.self
        #expect(
            text.contains(
                "\(options.unseen.rawValue) unseen, \(options.presence.rawValue) presence, "
                    + "\(options.receipts.rawValue) receipts"))
    }

    @Test func `labels, version, port and protocol name are those of the program`() {
        let text = page.lines.joined(separator: "\n")
        #expect(text.contains("/* \"\(LoginProof.label)\" */"))
        #expect(text.contains("/* \"\(KeyProof.label)\" */"))
        #expect(text.contains("uint16 version;        /* \(ProtocolVersion.number) */"))
        #expect(text.contains(".Ql \(ProtocolVersion.alpn) ;"))
    }

    @Test func `the bytes of the examples are those that the program writes`() {
        let text = page.section("EXAMPLES").joined(separator: " ").split(separator: " ").joined(separator: " ")
        let time: Timestamp = 1_795_397_340_123
        #expect(text.contains(hex(Ping().frame(correlation: 7).wireBytes)))
        #expect(text.contains(hex(Pong(time: time).frame(correlation: 7).wireBytes)))
        let content = Content(body: "hi", sent: time)
        var told = text
        for comment in ["type: text", "body", "reply_to: none", "sent", "auto: no", "extensions: none"] {
            told = told.replacing("\(comment) ", with: "")
        }
        #expect(told.contains(hex(content.wireBytes)), "\(told)")
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    }

    private func expectEqual<Value: RawRepresentable<UInt8>>(_ name: String, _ type: Value.Type) throws {
        let told = try #require(language.cases(of: name), "\(name) is not described")
        var real: [String: Int] = [:]
        for value in UInt8.min...UInt8.max {
            if let known = Value(rawValue: value) { real[snakeCase("\(known)")] = Int(value) }
        }
        #expect(told == real, "\(name)")
    }

    /// The bytes that a property must have, whichever the codec wrote.
    private func encoding(of value: Any, as type: PresentationLanguage.FieldType) throws -> [UInt8] {
        var writer = WireWriter()
        try write(value, as: type, into: &writer)
        return writer.bytes
    }

    private func write(
        _ value: Any, as type: PresentationLanguage.FieldType, into writer: inout WireWriter
    ) throws {
        if case .optional(let wrapped) = type {
            let child = Mirror(reflecting: value).children.first
            writer.write(flag: child != nil)
            if let child { try write(child.value, as: wrapped, into: &writer) }
            return
        }
        switch value {
        case let value as any WireEncodable: value.encode(into: &writer)
        case let value as UInt8: writer.write(value)
        case let value as UInt16: writer.write(value)
        case let value as UInt32: writer.write(value)
        case let value as UInt64: writer.write(value)
        case let value as Bool: writer.write(flag: value)
        case let value as String: writer.write(text: value)
        case let value as [UInt8]:
            if case .fixed = type { writer.write(fixed: value) } else { writer.write(vector: value) }
        case let value as [[UInt8]]:
            writer.writeVector { inner in for element in value { inner.write(vector: element) } }
        case let value as [UInt16]:
            writer.writeVector { inner in for number in value { inner.write(number) } }
        case let value as [any WireEncodable]:
            writer.writeVector { inner in for element in value { element.encode(into: &inner) } }
        case let value as any RawRepresentable<UInt8>: writer.write(value.rawValue)
        default: throw PresentationLanguage.Problem.unknownType("\(Swift.type(of: value))")
        }
    }
}
