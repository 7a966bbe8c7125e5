import ChatProtocol

/// A question that waits for its answer.
struct OpenQuestion: Equatable, Sendable {
    /// The message that asks.
    var id: MessageID
    /// The place of that message in its log; nil until the server has told it.
    var seq: SequenceNumber?
    /// What counts as an answer; none: any text.
    var choices: [String]
    /// Another device of the account has written since, and may have asked something, too.
    var isOvertaken = false
}

/// Which question a message answers.
enum AnswerRules {
    enum Decision: Equatable, Sendable {
        /// It is an ordinary message.
        case none
        case answer(to: MessageID)
        /// It answers that question with something else than one of its choices.
        case notAChoice(of: MessageID)
        /// It may answer any of several questions.
        case ambiguous
    }

    /// What stands before a question in the log was written without knowing it, whenever it comes here. Where the place
    /// of a question is not known yet, everything that arrives stands before it: a log comes in its order.
    ///
    /// - Parameters:
    ///   - seq: the place of the message in its log.
    ///   - isMarked: only what is marked as a reply counts: in a room, and of what this account has sent, since in a conversation with
    ///     oneself that can be told from notes.
    ///   - questions: the open questions to who sent the message.
    static func decide(
        body: String, replyTo: MessageID?, auto: Bool, isMarked: Bool, seq: SequenceNumber, questions: [OpenQuestion]
    ) -> Decision {
        let open = questions.filter { question in question.seq.map { $0 < seq } ?? false }
        if let replyTo {
            guard let question = open.first(where: { $0.id == replyTo }) else { return .none }
            return take(body, question)
        }
        // A program that answers by itself says what it answers.
        guard !auto, !isMarked, let first = open.first else { return .none }
        return open.count == 1 && !first.isOvertaken ? take(body, first) : .ambiguous
    }

    private static func take(_ body: String, _ question: OpenQuestion) -> Decision {
        let isTaken = question.choices.isEmpty || choice(body, of: question.choices) != nil
        return isTaken ? .answer(to: question.id) : .notAChoice(of: question.id)
    }

    /// Which of the choices a text is: people type blanks and capitals.
    static func choice(_ body: String, of choices: [String]) -> Int? {
        let word = folded(body)
        return choices.firstIndex { folded($0) == word }
    }

    static func folded(_ text: String) -> String {
        let isBlank = { (character: Character) in character.isWhitespace }
        let kept = text.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
        return String(kept).lowercased()
    }
}
