import GroupRules

/// What a process remembers of what it takes in. A value.
struct Intake {
    /// Senders of whom is remembered that their chains were asked for.
    private static let rememberedStrangers = 1024

    /// For whose devices chains were read on a connection, in vain or not.
    private var asked: (link: Link?, senders: Set<Sender>) = (nil, [])
    /// It was said that everyone's group has no room for this device.
    private var hasToldOfFullGroup = false

    /// Those whose chains were not asked for on this connection.
    func unasked(_ senders: [Sender], on link: Link) -> Set<Sender> {
        Set(senders).subtracting(asked.link === link ? asked.senders : [])
    }

    mutating func asks(for sender: Sender, on link: Link) {
        if asked.link !== link || asked.senders.count >= Self.rememberedStrangers { asked = (link, []) }
        asked.senders.insert(sender)
    }

    /// Once a process, however often it connects.
    mutating func tellsOfFullGroup() -> Bool {
        defer { hasToldOfFullGroup = true }
        return !hasToldOfFullGroup
    }
}
