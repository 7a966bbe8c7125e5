import CLISupport
import ChatClient
import ChatProtocol

/// A line of the prompt, understood. Nothing here asks whether it can be done.
enum REPLLine: Equatable, Sendable {
    case blank
    /// To whom the prompt writes.
    case text(String)
    case target(ConversationName)
    case direct(UserName, String)
    case broadcast(String)
    case reply(String)
    case who
    case users
    case rooms
    case join(UserName)
    /// Nil: the one that is written to.
    case leave(UserName?)
    /// Nil: the one that is written to.
    case members(UserName?)
    /// Nil: as many as usual.
    case history(Int?)
    case edit
    case help(REPLCommandTable.Verb?)
    case quit

    /// How many messages somebody may ask `/history` for: more would only run through the window.
    static let maximumHistory = 10_000

    /// - Throws: 64, for a command that there is not, or one with the wrong words behind it.
    init(_ line: String) throws(Problem) {
        guard line.utf8.first == Byte.slash else {
            self = line.utf8.allSatisfy(Byte.isSpace) ? .blank : .text(line)
            return
        }
        let rest = line.utf8.dropFirst()
        if rest.first == Byte.slash {
            self = .text(String(Substring(rest)))
            return
        }
        let (word, operands) = Self.split(Substring(rest))
        guard let entry = REPLCommandTable.entry(named: word) else { throw Self.unknown(String(word)) }
        self = try Self.read(operands, for: entry)
    }

    /// A line of a script that says nothing: blank, or a remark.
    static func isSkipped(_ line: String) -> Bool {
        line.utf8.first == Byte.hash || line.utf8.allSatisfy(Byte.isSpace)
    }

    private static func read(_ operands: Substring, for entry: REPLCommandTable.Entry) throws(Problem) -> REPLLine {
        switch entry.verb {
        case .to: return .target(try target(operands, entry))
        case .dm:
            let (name, text) = split(operands.dropLeadingSpaces())
            guard !name.isEmpty else { throw misused(entry, "needs a user and a text") }
            let user = try Self.user(name)
            guard !text.isEmpty else { throw misused(entry, "needs a text behind the user's name") }
            return .direct(user, String(text))
        case .all: return .broadcast(try text(operands, entry))
        case .reply: return .reply(try text(operands, entry))
        case .who: return try alone(.who, operands, entry)
        case .users: return try alone(.users, operands, entry)
        case .rooms: return try alone(.rooms, operands, entry)
        case .join:
            guard let room = try room(operands, entry) else { throw misused(entry, "needs a room") }
            return .join(room)
        case .leave: return .leave(try room(operands, entry))
        case .members: return .members(try room(operands, entry))
        case .edit: return try alone(.edit, operands, entry)
        case .quit: return try alone(.quit, operands, entry)
        case .history: return .history(try count(operands, entry))
        case .help: return .help(try command(operands, entry))
        }
    }

    // MARK: operands

    private static func text(_ operands: Substring, _ entry: REPLCommandTable.Entry) throws(Problem) -> String {
        guard !operands.isEmpty else { throw misused(entry, "needs a text") }
        return String(operands)
    }

    private static func target(
        _ operands: Substring, _ entry: REPLCommandTable.Entry
    ) throws(Problem) -> ConversationName {
        guard let word = try oneWord(operands, entry) else { throw misused(entry, "needs a user, #ROOM or all") }
        if word.utf8.elementsEqual("all".utf8) { return .everyone }
        if let name = ConversationName(word), case .room = name { return name }
        return .user(try user(word))
    }

    private static func user(_ word: Substring) throws(Problem) -> UserName {
        guard let name = UserName(typed: word) else {
            throw Problem(
                .usage, "'\(shortened(String(word)))' is no user's name",
                hint: "a name is \(UserName.rule)")
        }
        return name
    }

    private static func room(_ operands: Substring, _ entry: REPLCommandTable.Entry) throws(Problem) -> UserName? {
        guard let word = try oneWord(operands, entry) else { return nil }
        guard let name = UserName(typed: word.utf8.first == Byte.hash ? word.dropFirst() : word) else {
            throw Problem(
                .usage, "'\(shortened(String(word)))' is no room's name", hint: "a name is \(UserName.rule)")
        }
        return name
    }

    private static func count(_ operands: Substring, _ entry: REPLCommandTable.Entry) throws(Problem) -> Int? {
        guard let word = try oneWord(operands, entry) else { return nil }
        guard word.utf8.allSatisfy(Byte.isDigit), let count = Int(word), (1...maximumHistory).contains(count) else {
            throw misused(entry, "takes a number from 1 to \(maximumHistory)")
        }
        return count
    }

    private static func command(
        _ operands: Substring, _ entry: REPLCommandTable.Entry
    ) throws(Problem) -> REPLCommandTable.Verb? {
        guard var word = try oneWord(operands, entry) else { return nil }
        if word.utf8.first == Byte.slash { word = Substring(word.utf8.dropFirst()) }
        guard let wanted = REPLCommandTable.entry(named: word) else { throw unknown(String(word)) }
        return wanted.verb
    }

    private static func alone(
        _ line: REPLLine, _ operands: Substring, _ entry: REPLCommandTable.Entry
    ) throws(Problem) -> REPLLine {
        guard operands.utf8.allSatisfy(Byte.isSpace) else { throw misused(entry, "takes nothing behind it") }
        return line
    }

    private static func oneWord(
        _ operands: Substring, _ entry: REPLCommandTable.Entry
    ) throws(Problem) -> Substring? {
        let (word, rest) = split(operands.dropLeadingSpaces())
        guard rest.utf8.allSatisfy(Byte.isSpace) else { throw misused(entry, "takes one word") }
        return word.isEmpty ? nil : word
    }

    /// The first word, and what stands behind the one space after it, as it is.
    private static func split(_ text: Substring) -> (word: Substring, rest: Substring) {
        let word = text.utf8.prefix { !Byte.isSpace($0) }
        return (Substring(word), Substring(text.utf8[word.endIndex...].dropFirst()))
    }

    // MARK: what is said

    private static func misused(_ entry: REPLCommandTable.Entry, _ what: String) -> Problem {
        Problem(.usage, "\(entry.name) \(what)", hint: "it is \(entry.usage)")
    }

    private static func unknown(_ word: String) -> Problem {
        let names = REPLCommandTable.entries.map(\.verb.rawValue)
        let guess = Suggestion.nearest(to: word, among: names).map { "did you mean /\($0)? " } ?? ""
        return Problem(
            .usage, "there is no command '/\(shortened(word))'",
            hint: guess + "/help lists the commands, and // sends a line that begins with /")
    }

    /// Somebody may have pasted a book behind a slash.
    private static func shortened(_ word: String) -> String {
        word.unicodeScalars.count <= 40 ? word : String(String.UnicodeScalarView(word.unicodeScalars.prefix(39))) + "…"
    }
}

/// Bytes that lines are cut at. Characters would not do: a space with a combining mark behind it is another one.
private enum Byte {
    static let slash: UInt8 = 0x2f
    static let hash: UInt8 = 0x23

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

extension Substring {
    fileprivate func dropLeadingSpaces() -> Substring { Substring(utf8.drop(while: Byte.isSpace)) }
}
