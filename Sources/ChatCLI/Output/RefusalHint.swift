import CLISupport
import ChatProtocol

/// What a person can do about what the server refuses, in the words of the command line: the server and the libraries
/// do not know them.
enum RefusalHint {
    /// The problem with a hint, where it has none and there is something to do.
    static func completing(_ problem: Problem) -> Problem {
        guard problem.hint == nil else { return problem }
        var problem = problem
        problem.hint = hint(code: problem.code)
        return problem
    }

    private static func hint(code: String) -> String? {
        switch ErrorCode.allCases.first(where: { $0.name == code }) {
        case .storeCopied: "log in anew with chat login, or with an identity of its own"
        case .deviceRevoked:
            "log in anew with chat login; if that is refused, the account may have been deleted: ask the administrator"
        case .accountDisabled: "ask the administrator of the server"
        case .nameTaken: "choose another name; if the account is yours, use chat login"
        case .inviteRequired: "ask the administrator for an invite, and give it with --invite-file"
        case .inviteInvalid: "ask the administrator for another invite"
        case .registrationClosed: "ask the administrator for an account"
        case .tooManyDevices:
            "on another device, revoke one that is not used any more, or waits: chat device list, chat device revoke"
        default: nil
        }
    }
}
