import ChatProtocol
import NIOCore

/// Tells devices when their turn to commit has come. Confined to the hub's event loop.
final class TurnDesk {
    private struct Question {
        var session: Session
        var reader: DeviceReader
        var answer: (Result<Turn, Failure>) -> Void
    }

    private let context: HubContext
    private var lines: [ConversationID: TurnLine<ObjectIdentifier>] = [:]
    private var questions: [ConversationID: [ObjectIdentifier: Question]] = [:]

    init(context: HubContext) { self.context = context }

    func ask(
        _ session: Session, _ reader: DeviceReader, _ conversation: ConversationID,
        answer: @escaping (Result<Turn, Failure>) -> Void
    ) {
        let key = ObjectIdentifier(session)
        guard questions[conversation]?[key] == nil, lines[conversation, default: TurnLine()].ask(key) else {
            return answer(
                .failure(Failure(.turnTaken, retryAfter: .seconds(Limits.turnSeconds))))
        }
        questions[conversation, default: [:]][key] = Question(session: session, reader: reader, answer: answer)
        goOn(conversation)
    }

    /// The connection's device has committed, or tried to.
    func end(_ session: Session, in conversation: ConversationID) {
        guard lines[conversation] != nil else { return }
        lines[conversation]?.end(ObjectIdentifier(session))
        goOn(conversation)
    }

    /// The connection is gone.
    func left(_ session: Session) {
        guard !lines.isEmpty else { return }
        let key = ObjectIdentifier(session)
        for conversation in Array(lines.keys) {
            questions[conversation]?[key] = nil
            lines[conversation]?.leave(key)
            goOn(conversation)
        }
    }

    /// Gives the turn to whoever is next.
    private func goOn(_ conversation: ConversationID) {
        if let key = lines[conversation]?.next(at: context.clock.now()) {
            let question = questions[conversation]?.removeValue(forKey: key)
            context.schedule(in: TurnLine<ObjectIdentifier>.lease) { [weak self] in self?.goOn(conversation) }
            if let question { tell(question, conversation) }
        }
        guard lines[conversation]?.isIdle == true else { return }
        lines[conversation] = nil
        questions[conversation] = nil
    }

    private func tell(_ question: Question, _ conversation: ConversationID) {
        let reader = question.reader
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.standing(of: conversation, for: reader)
        } then: { result in
            if case .failure = result { self.end(question.session, in: conversation) }
            question.answer(
                result.mapError(self.context.failure).map { standing in
                    Turn(
                        conversation: conversation, position: standing.standing.position,
                        lease: UInt32(Limits.turnSeconds) * 1_000)
                })
        }
    }
}
