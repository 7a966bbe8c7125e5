import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol
import Glibc
import GroupRules
import Synchronization
import System

struct AskCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask", abstract: "Ask, wait for the answer, and print it.",
        usage: "chat ask (--to <user> | --room <room>) ... [<option> ...] [-m <text> | <word> ... | -]",
        discussion: """
            The first of those who are asked to answer decides. With --choice the exit status is 0 where the answer is \
            the first choice, and 1 where it is another.
            """)
    static let grammar = CommandGrammar(
        values: ["to", "room", "choice", "message/m", "id", "timeout"], takesMessage: true)

    @Option(help: ArgumentHelp("Ask this user; may be repeated.", valueName: "user"), transform: OptionText.user)
    var to: [UserName] = []
    @Option(
        help: ArgumentHelp("Ask who is in this room; may be repeated.", valueName: "room"), transform: OptionText.room)
    var room: [RoomName] = []
    @Option(
        help: ArgumentHelp("Take only this for an answer; may be repeated, the first means yes.", valueName: "text"))
    var choice: [String] = []
    @OptionGroup var question: MessageOptions
    @Option(
        help: ArgumentHelp("Key of the question: with it the same question is taken up again.", valueName: "key"),
        transform: OptionText.key)
    var id: String?
    @Option(
        help: ArgumentHelp("How long to wait for the answer (default: 10m).", valueName: "duration"),
        transform: OptionText.limit)
    var timeout: Duration = .seconds(600)
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        guard !to.isEmpty || !room.isEmpty else {
            throw Problem(.usage, "nobody to ask; use --to USER or --room ROOM")
        }
        try question.check()
        let question = Question(
            to: to.reduce(into: []) { if !$0.contains($1) { $0.append($1) } },
            rooms: room.map(\.spoken).reduce(into: []) { if !$0.contains($1) { $0.append($1) } },
            text: try await question.text(),
            choices: choice, key: id, timeout: timeout)
        let client = try invocation.makeClient(within: timeout)
        let mayBeAsked = Later<Bool>()
        let asking = Task { () -> Result<Answer, Problem> in
            do throws(Problem) {
                return .success(
                    try await client.ask(question, begin: { mayBeAsked.set(true) }) {
                        AskNotices(invocation: invocation).tell($0)
                    })
            } catch { return .failure(error) }
        }
        // The asked are told before we go; a second signal does not wait for that. Where nobody was asked there is nothing to tell.
        let signal = invocation.endings.windUp { number in
            if mayBeAsked.set(false) { invocation.endings.end(.signal(number)) } else { asking.cancel() }
        }
        switch await asking.value {
        case .success(let answer):
            try show(answer, invocation)
            return choice.isEmpty || answer.choice == 0 ? .done : .negative
        case .failure(let problem):
            guard let number = signal.soFar else { throw problem }
            invocation.endings.end(.signal(number))
            throw problem.code == LocalCode.noAnswer.rawValue
                ? Problem(.noAnswer, "no answer came before a signal ended the waiting") : problem
        }
    }

    private func show(_ answer: Answer, _ invocation: Invocation) throws(Problem) {
        let chosen = answer.choice.map { choice[$0] }
        try invocation.show(
            JSONLines.answer(answer.message, choice: chosen),
            // As the caller wrote it, so that a script can compare.
            plain: [chosen ?? InertText.body(answer.message.body, indent: "")])
    }
}

/// What happens while an answer is waited for, on stderr.
struct AskNotices {
    let invocation: Invocation

    func tell(_ notice: AskNotice) {
        switch notice {
        case .notAsked(let problem): invocation.diagnostics.report(problem)
        case .offline(let problem): invocation.diagnostics.noteOffline(problem)
        case .online: invocation.diagnostics.noteOnline()
        case .notTaken(let message):
            invocation.diagnostics.note(
                "not_an_answer",
                "\(message.from) wrote something else: \(message.body)")
        case .doubted(let message, let problem): invocation.diagnostics.report(problem.notActing(on: message))
        }
    }
}
