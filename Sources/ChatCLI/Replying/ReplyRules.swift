import CLISupport
import ChatClient
import ChatProtocol

/// Whom `reply` answers.
struct ReplyRules: Equatable, Sendable {
    /// Nil: anyone.
    let allowed: Set<UserName>?
    /// What is read of all that comes.
    let filter: MessageFilter

    /// - Throws: 64 where it is not said who is answered, or nobody would be.
    init(
        allow: [UserName], anyone: Bool, from: [UserName], toMe: Bool, rooms: Set<UserName> = [],
        everyone: Bool
    ) throws(Problem) {
        guard allow.isEmpty != !anyone else {
            throw anyone
                ? Problem(.usage, "--allow and --allow-anyone cannot be combined")
                : Problem(
                    .usage, "nobody is allowed to be answered",
                    hint: "name them with --allow USER, or use --allow-anyone")
        }
        if let stranger = from.first(where: { !anyone && !allow.contains($0) }) {
            throw Problem(.usage, "--from \(stranger) is not allowed an answer", hint: "add --allow \(stranger)")
        }
        allowed = anyone ? nil : Set(allow)
        filter = MessageFilter(
            from: Set(from.isEmpty ? allow : from), toMe: toMe || !everyone && rooms.isEmpty, rooms: rooms,
            everyone: everyone, own: false)
    }

    /// Programs do not answer what a program answered; and nobody answers himself.
    func wants(_ message: ReceivedMessage) -> Bool {
        !message.auto && !message.own && (allowed?.contains(message.from) ?? true) && filter.matches(message)
    }
}
