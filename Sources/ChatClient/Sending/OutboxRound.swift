import ChatProtocol

/// Decides which queued messages go first, as the command that sends them would have it, and which in a second round to verified users
/// only. A plain value.
struct OutboxRound {
    /// Conversations in which a message for verified users only was met: what is behind it goes after it.
    private var strict: Set<ConversationName> = []
    /// Conversations in which a message of the first round waits on: nothing overtakes it.
    private var waiting: Set<ConversationName> = []
    private(set) var isForVerified = false
    /// Whether the second round has anything to do.
    private var isWanted = false

    /// Whether a message goes in this round. They come in the order of queuing.
    mutating func takes(_ message: QueuedMessage) -> Bool {
        if message.isForVerified { strict.insert(message.conversation) }
        guard strict.contains(message.conversation) else { return !isForVerified }
        if !isForVerified { isWanted = true }
        return isForVerified && !waiting.contains(message.conversation)
    }

    /// What has become of those that went.
    mutating func note(_ acknowledgements: [Acknowledgement]) {
        for acknowledgement in acknowledgements where [.queued, .held].contains(acknowledgement.status) {
            waiting.insert(acknowledgement.conversation)
        }
    }

    /// Whether there is another round, which begins with the first message again.
    mutating func goesOn() -> Bool {
        guard !isForVerified, isWanted else { return false }
        isForVerified = true
        strict = []
        return true
    }
}
