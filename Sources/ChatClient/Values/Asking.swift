import CLISupport
import ChatProtocol

/// A question to one or several users and rooms, of whom the first to answer decides.
package struct Question: Sendable {
    /// Choices that a question may have, and bytes that each may have: they stand in one line behind it.
    package static let maximumChoices = 16
    package static let maximumChoiceLength = 64

    /// Everybody who is asked, each once.
    package var to: [UserName]
    /// Rooms that are asked, each once: whoever is in one may answer.
    package var rooms: [UserName]
    /// What `MessageText` accepted.
    package var text: String
    /// What counts as an answer; none: any text.
    package var choices: [String]
    /// The caller's idempotency key: the same one takes the same question up again.
    package var key: String?
    /// Covers connecting, asking and waiting.
    package var timeout: Duration

    package init(
        to: [UserName], rooms: [UserName] = [], text: String, choices: [String] = [], key: String? = nil,
        timeout: Duration
    ) {
        self.to = to
        self.rooms = rooms
        self.text = text
        self.choices = choices
        self.key = key
        self.timeout = timeout
    }
}

package struct Answer: Equatable, Sendable {
    package var message: ReceivedMessage
    /// Which of the choices it is, counted from 0; nil where there are none, and where it was taken when they were others.
    package var choice: Int?

    package init(message: ReceivedMessage, choice: Int?) {
        self.message = message
        self.choice = choice
    }
}

/// What is worth telling while an answer is waited for.
package enum AskNotice: Sendable {
    /// Somebody could not be asked; others were.
    case notAsked(Problem)
    case offline(Problem)
    case online
    /// Somebody wrote what is none of the choices, or may answer any of several questions, and was told so.
    case notTaken(ReceivedMessage)
    /// Somebody answered, and it is not certain that it was who was asked.
    case doubted(ReceivedMessage, Problem)
}
