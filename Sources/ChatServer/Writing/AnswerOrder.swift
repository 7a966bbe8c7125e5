import DequeModule

/// Gives the answers of one connection out in the order of its questions, whichever is known first. A plain value.
package struct AnswerOrder<Answer> {
    /// A question's place in the order.
    package struct Ticket: Sendable, Equatable {
        fileprivate var number: Int
    }

    /// The oldest question of which no answer was given out, and what is known of it and of those behind it.
    private var oldest = 0
    private var answers = Deque<Answer?>()

    package init() {}

    package mutating func begin() -> Ticket {
        answers.append(nil)
        return Ticket(number: oldest + answers.count - 1)
    }

    /// An answer is known. Then `next` gives what can be given out.
    package mutating func end(_ ticket: Ticket, with answer: Answer) {
        let offset = ticket.number - oldest
        guard answers.indices.contains(offset) else { return }
        answers[offset] = answer
    }

    /// The next answer whose turn has come.
    package mutating func next() -> Answer? {
        guard let first = answers.first, let answer = first else { return nil }
        answers.removeFirst()
        oldest += 1
        return answer
    }
}
