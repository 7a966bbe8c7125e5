import MLS
import WireCodec

/// Why a vector does not hold.
struct VectorFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// How many entries of a file were checked, and why others were not.
struct VectorReport: Equatable {
    var checked = 0
    var skipped: [String: Int] = [:]

    var text: String {
        let reasons = skipped.sorted { $0.key < $1.key }.map { "\($0.value) skipped: \($0.key)" }
        return (["\(checked) checked"] + reasons).joined(separator: "; ")
    }
}

/// The kinds of files, by the names of the working group.
enum VectorKind: String, CaseIterable {
    case deserialization
    case treeMath = "tree-math"
    case cryptoBasics = "crypto-basics"
    case keySchedule = "key-schedule"
    case pskSecret = "psk_secret"
    case transcriptHashes = "transcript-hashes"
    case secretTree = "secret-tree"
    case messageProtection = "message-protection"
    case messages
    case treeOperations = "tree-operations"
    case treeValidation = "tree-validation"
    case treekem
    case welcome
    case passiveClient = "passive-client"

    /// The kind of a file by its name: `passive-client-…` are all of one kind.
    init?(fileName: String) {
        if fileName.hasPrefix("passive-client") {
            self = .passiveClient
        } else {
            self.init(rawValue: fileName)
        }
    }

    func verify(_ file: JSON) throws -> VectorReport {
        guard let entries = file.array else { throw VectorFailure("a vector file is an array") }
        var report = VectorReport()
        for (index, entry) in entries.enumerated() {
            do {
                if let reason = try check(Entry(entry)) {
                    report.skipped[reason, default: 0] += 1
                } else {
                    report.checked += 1
                }
            } catch {
                throw VectorFailure("\(rawValue), entry \(index), suite \(entry["cipher_suite"].int ?? 0): \(error)")
            }
        }
        return report
    }

    /// Checks one entry; a reason when it cannot be checked.
    private func check(_ entry: Entry) throws -> String? {
        if let suite = entry.json["cipher_suite"].int, needsAsymmetric,
            ![1, 2, 3, 5, 7].contains(suite)
        {
            return "suite \(suite) (X448, Ed448) is carried as bytes only"
        }
        switch self {
        case .deserialization: try entry.checkDeserialization()
        case .treeMath: try entry.checkTreeMath()
        case .cryptoBasics: try entry.checkCryptoBasics()
        case .keySchedule: try entry.checkKeySchedule()
        case .pskSecret: try entry.checkPSKSecret()
        case .transcriptHashes: try entry.checkTranscriptHashes()
        case .secretTree: try entry.checkSecretTree()
        case .messageProtection: try entry.checkMessageProtection()
        case .messages: try entry.checkMessages()
        case .treeOperations: try entry.checkTreeOperations()
        case .treeValidation: try entry.checkTreeValidation()
        case .treekem: try entry.checkTreeKEM()
        case .welcome: try entry.checkWelcome()
        case .passiveClient: try entry.checkPassiveClient()
        }
        return nil
    }

    /// Whether the kind needs signatures or HPKE, so that suites 4 and 6 are out of reach. The others are
    /// checked as far as they go.
    private var needsAsymmetric: Bool {
        switch self {
        case .messageProtection, .treekem, .welcome, .passiveClient: true
        default: false
        }
    }
}

/// One entry of a file, with typed access to its fields.
struct Entry {
    let json: JSON

    init(_ json: JSON) { self.json = json }

    subscript(key: String) -> Entry { Entry(json[key]) }

    func hex(_ key: String) throws -> [UInt8] {
        guard let bytes = json[key].hex else { throw VectorFailure("no hex in \(key)") }
        return bytes
    }

    func optionalHex(_ key: String) throws -> [UInt8]? { json[key].isNull ? nil : try hex(key) }

    /// A number that is not negative; at most what 32 bits hold, as all numbers of the vectors do.
    func int(_ key: String) throws -> Int {
        guard let value = json[key].int, (0...Int(UInt32.max)).contains(value) else {
            throw VectorFailure("no number in \(key)")
        }
        return value
    }

    /// The length of something to derive, within what HKDF gives.
    func length() throws -> Int {
        let value = try int("length")
        guard (1...255 * 32).contains(value) else { throw VectorFailure("a length of \(value)") }
        return value
    }

    /// An element of an array; nothing where there is none.
    func element(_ key: String, _ place: Int) -> JSON {
        guard let items = json[key].array, items.indices.contains(place) else { return .null }
        return items[place]
    }

    func string(_ key: String) throws -> String {
        guard let value = json[key].string else { throw VectorFailure("no string in \(key)") }
        return value
    }

    func list(_ key: String) throws -> [Entry] {
        guard let items = json[key].array else { throw VectorFailure("no array in \(key)") }
        return items.map(Entry.init)
    }

    func secret(_ key: String) throws -> Secret { Secret(try hex(key)) }

    func suite() throws -> CipherSuite {
        CipherSuite(rawValue: UInt16(truncatingIfNeeded: try int("cipher_suite")))
    }

    func decode<Value: WireDecodable>(_ key: String, as: Value.Type = Value.self) throws -> Value {
        try decodeWhole(try hex(key), as: Value.self)
    }
}

func expect<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws {
    guard found == expected else { throw VectorFailure("\(what) differs") }
}

func expect(_ condition: Bool, _ what: String) throws {
    guard condition else { throw VectorFailure(what) }
}
