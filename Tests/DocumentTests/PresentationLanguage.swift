import Foundation

/// The part of the TLS presentation language in which chat-protocol(7) is written, read from the page itself, so that
/// the page can be held against what the program puts on the wire.
struct PresentationLanguage {
    indirect enum FieldType: Equatable {
        case integer(bytes: Int)
        case named(String)
        case fixed(count: Int)
        case vector(FieldType)
        case optional(FieldType)
        /// One byte of a vector.
        case octet
    }

    struct Field: Equatable {
        let name: String
        let type: FieldType
    }

    enum Definition {
        case structure([Field])
        case enumeration([String: Int])
        case alias(FieldType)
    }

    enum Problem: Error, Equatable {
        case unexpected(String)
        case unknownType(String)
        case truncated(String)
        case leftOver(String)
    }

    private(set) var definitions: [String: Definition] = [:]

    init(page: ManualPage) throws {
        for block in page.literalBlocks where Self.isDefinition(block) {
            var parser = PresentationParser(Self.withoutComments(block))
            while let (name, definition) = try parser.next() {
                guard definitions.updateValue(definition, forKey: name) == nil else {
                    throw Problem.unexpected("second definition of \(name)")
                }
            }
        }
    }

    func fields(of name: String) -> [Field]? {
        if case .structure(let fields) = definitions[name] { return fields }
        return nil
    }

    func cases(of name: String) -> [String: Int]? {
        if case .enumeration(let cases) = definitions[name] { return cases }
        return nil
    }

    /// Cuts `bytes` into the fields of a structure; they must be used up.
    func split(_ bytes: [UInt8], as name: String) throws -> [(field: Field, bytes: [UInt8])] {
        guard let fields = fields(of: name) else { throw Problem.unknownType(name) }
        var rest = bytes[...]
        var result: [(field: Field, bytes: [UInt8])] = []
        for field in fields {
            let before = rest
            try skip(field.type, in: &rest)
            result.append((field, Array(before.dropLast(rest.count))))
        }
        guard rest.isEmpty else { throw Problem.leftOver(name) }
        return result
    }

    private func skip(_ type: FieldType, in rest: inout ArraySlice<UInt8>) throws {
        switch type {
        case .octet: try drop(1, from: &rest)
        case .integer(let count), .fixed(let count): try drop(count, from: &rest)
        case .optional(let wrapped):
            guard let flag = rest.first, flag < 2 else { throw Problem.unexpected("presence") }
            try drop(1, from: &rest)
            if flag == 1 { try skip(wrapped, in: &rest) }
        case .vector(let element):
            let length = try takeLength(from: &rest)
            var inner = rest.prefix(length)
            try drop(length, from: &rest)
            while !inner.isEmpty { try skip(element, in: &inner) }
        case .named(let name): try skip(named: name, in: &rest)
        }
    }

    private func skip(named name: String, in rest: inout ArraySlice<UInt8>) throws {
        switch definitions[name] {
        case .alias(let type): try skip(type, in: &rest)
        case .structure(let fields): for field in fields { try skip(field.type, in: &rest) }
        case .enumeration(let cases):
            guard let value = rest.first, cases.values.contains(Int(value)) else { throw Problem.unexpected(name) }
            try drop(1, from: &rest)
        case nil: throw Problem.unknownType(name)
        }
    }

    private func drop(_ count: Int, from rest: inout ArraySlice<UInt8>) throws {
        guard rest.count >= count else { throw Problem.truncated("\(count) of \(rest.count)") }
        rest = rest.dropFirst(count)
    }

    /// As the page says it: the two highest bits of the first byte, and the shortest form.
    private func takeLength(from rest: inout ArraySlice<UInt8>) throws -> Int {
        guard let first = rest.first, first >> 6 < 3 else { throw Problem.unexpected("length") }
        let count = 1 << Int(first >> 6)
        let bytes = rest.prefix(count)
        try drop(count, from: &rest)
        let length = bytes.dropFirst().reduce(Int(first & 0x3f)) { $0 << 8 | Int($1) }
        guard length >= [1: 0, 2: 64, 4: 16_384][count] ?? 0 else { throw Problem.unexpected("long length") }
        return length
    }

    /// Examples are literal too; the frame itself has a length that is counted, and a test of its own.
    private static func isDefinition(_ block: String) -> Bool {
        (block.contains("struct {") || block.contains("enum {") || block.contains("opaque "))
            && !block.contains("} Frame;")
    }

    private static func withoutComments(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.range(of: "/*") {
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].range(of: "*/") else { return result }
            rest = rest[end.upperBound...]
        }
        return result + rest
    }
}

/// Reads definitions from the text of a literal block.
private struct PresentationParser {
    typealias Problem = PresentationLanguage.Problem

    private var tokens: ArraySlice<String>

    init(_ text: String) {
        var tokens: [String] = []
        var word = ""
        for character in text {
            if character.isLetter || character.isNumber || character == "_" {
                word.append(character)
                continue
            }
            if !word.isEmpty { tokens.append(word) }
            word = ""
            if !character.isWhitespace { tokens.append(String(character)) }
        }
        if !word.isEmpty { tokens.append(word) }
        self.tokens = tokens[...]
    }

    mutating func next() throws -> (String, PresentationLanguage.Definition)? {
        guard let word = tokens.first else { return nil }
        switch word {
        case "struct":
            tokens.removeFirst()
            try expect("{")
            var fields: [PresentationLanguage.Field] = []
            while tokens.first != "}" { fields.append(try field()) }
            return (try closing(), .structure(fields))
        case "enum":
            tokens.removeFirst()
            return try enumeration()
        default:
            let alias = try field()
            return (alias.name, .alias(alias.type))
        }
    }

    private mutating func enumeration() throws -> (String, PresentationLanguage.Definition) {
        try expect("{")
        var cases: [String: Int] = [:]
        while tokens.first != "}" {
            // A number without a name gives the size only (RFC 8446 §3.5).
            let name = tokens.first == "(" ? nil : try word()
            try expect("(")
            guard let value = Int(try word()) else { throw Problem.unexpected("value of \(name ?? "size")") }
            try expect(")")
            if let name { cases[name] = value }
            if tokens.first == "," { tokens.removeFirst() }
        }
        return (try closing(), .enumeration(cases))
    }

    private mutating func field() throws -> PresentationLanguage.Field {
        let type = try word()
        var element: PresentationLanguage.FieldType
        switch type {
        case "opaque": element = .octet
        case "uint8": element = .integer(bytes: 1)
        case "uint16": element = .integer(bytes: 2)
        case "uint32": element = .integer(bytes: 4)
        case "uint64": element = .integer(bytes: 8)
        case "optional":
            try expect("<")
            let wrapped = try word()
            try expect(">")
            element = .optional(wrapped == "uint64" ? .integer(bytes: 8) : .named(wrapped))
        default: element = .named(type)
        }
        let name = try word()
        if tokens.first == "<" {
            for token in ["<", "V", ">"] { try expect(token) }
            element = .vector(element)
        } else if tokens.first == "[" {
            try expect("[")
            guard element == .octet, let count = Int(try word()) else { throw Problem.unexpected("size of \(name)") }
            try expect("]")
            element = .fixed(count: count)
        }
        try expect(";")
        return .init(name: name, type: element)
    }

    private mutating func closing() throws -> String {
        try expect("}")
        let name = try word()
        try expect(";")
        return name
    }

    private mutating func word() throws -> String {
        guard let token = tokens.popFirst(), let first = token.first, first.isLetter || first.isNumber else {
            throw Problem.unexpected("no word")
        }
        return token
    }

    private mutating func expect(_ token: String) throws {
        guard let next = tokens.popFirst(), next == token else { throw Problem.unexpected("not \(token)") }
    }
}
