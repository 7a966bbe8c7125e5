import CLISupport

/// How each way of speaking to `chat` words an advice.
enum AdviceWording {
    case commandLine
    /// JSON-RPC: methods and parameters.
    case rpc
    case prompt

    func text(_ advice: Advice) -> String {
        switch self {
        case .commandLine: Self.commandLine(advice)
        case .rpc: Self.rpc(advice) ?? Self.commandLine(advice)
        case .prompt: Self.prompt(advice) ?? Self.commandLine(advice)
        }
    }

    private static func commandLine(_ advice: Advice) -> String {
        switch advice {
        case .logIn(let profile): "run \(chat(profile)) login, or \(chat(profile)) register"
        case .logInAnew(let user, let profile): "log in anew: \(chat(profile)) login \(user)"
        case .useAnotherProfile(let profile):
            "use another --profile; if the server has lost this one's account, forget it: \(chat(profile)) logout --forget"
        case .leaveServerOut(let known, let wanted):
            "leave the server out, or use another --profile; if the server has moved: "
                + "chat server move \(known) \(wanted)"
        case .forgetServer(let server):
            "if \(server) was another server's, forget it first: chat server forget \(server)"
        case .trustFingerprint(let pin): "if its fingerprint is \(pin), run it with --trust \(pin)"
        case .trustReplacedKey(let pin): "ask who runs it; if its key was replaced, run it with --trust \(pin)"
        case .trustByKey(let pin): "ask who runs it; to know it by its key from now on, run it with --trust \(pin)"
        case .acceptKey(let user, let fingerprint):
            "ask \(user); if it is so: chat keys accept \(user) --fingerprint \(fingerprint)"
        case .verifyKey(let user):
            "get the fingerprint from \(user), then: chat keys verify \(user) --fingerprint acct1:…"
        case .correctKeysFile(let path, let user): "ask \(user); if it is so, correct the line of \(user) in \(path)"
        case .allowUnverified: "run it with --keys tofu"
        case .seeEvidence: "see chat doctor, and ask who runs the server"
        case .seeKey(let user): "see chat keys show \(user)"
        case .doubtServer(let user): "see chat keys show \(user), and ask who runs the server"
        case .acceptFork(let user):
            !user.hasPrefix("#") && user != "*"
                ? "ask who runs the server; to meet \(user) anew: chat doctor --accept-fork \(user)"
                : "ask who runs the server; to go on nevertheless: chat doctor --accept-fork '\(user)'"
        case .removeFromRoom(let room, let user, let isAdmin):
            (isAdmin ? "remove \(user), and" : "ask an admin to remove \(user), and to")
                + " add \(user) again who is to be there: chat room remove \(room) \(user)"
        case .setAnotherProxy: "set another with --proxy or in the configuration, or name the server in NO_PROXY"
        case .makeIdentity: "make an identity with chat device add --out FILE"
        case .nameIdentity: "name an identity made with chat device add --out FILE"
        case .makeAnotherIdentity: "make another identity with chat device add --out FILE"
        case .useIdentityLater(let seconds):
            "try again in \(seconds) s; for more jobs at once make another: chat device add --reusable --slots N --out FILE"
        case .logInByIdentityAgain(let profile):
            "log in with the identity again to take it back: \(chat(profile)) login --identity FILE"
        case .finishIdentityLogin(let profile):
            "finish it with the same file: \(chat(profile)) login --identity FILE"
        case .approveDevice(let id, let fingerprint, let approvers, let profile):
            approvers > 0
                ? "approve it there: chat device approve \(id) --fingerprint \(fingerprint); "
                    + "where that device is lost, or was this one: \(chat(profile)) login --identity FILE with a "
                    + "recovery file, or login --reset"
                : "begin anew without any other device: \(chat(profile)) login --reset"
        case .useCertifyingDevice:
            "do it on a device that may, see chat device list; with the password this one can suspend another: "
                + "chat device revoke ID --password-file FILE"
        case .forceLastDevice:
            "log in elsewhere and approve that device first (chat device approve), or use --force: then only "
                + "chat login --reset opens the account again"
        case .makeRecovery: "make a recovery file, and keep it elsewhere: chat device add --certify --out FILE"
        case .resetAccount(let profile): "begin the account anew: \(chat(profile)) login --reset"
        case .forgetAccount(let profile):
            "if it has lost this account, forget it here: \(chat(profile)) logout --forget"
        case .forgetRoom(let room):
            "ask its members; to go on with the one that has the name now: chat room forget \(room)"
        case .joinRoom(let room): "join it first: chat room join \(room)"
        case .letJoin(let room, let user):
            "try again in a minute; or \(user) joins by themselves: chat room join \(room)"
        case .writeToRoom(let room): "write there: chat send --room \(room)"
        case .leaveRoom(let room): "leave it first: chat room leave \(room)"
        case .askToBeAdded(_, let admins) where admins.isEmpty: "ask somebody who is in it to add you"
        case .askToBeAdded(let room, let admins):
            "ask \(admins.joined(separator: " or ")) to add you: chat room add \(room) USER"
        case .openRoomToFormer(let room):
            "it opens a minute after somebody else has joined it and written there; or whoever runs the server frees its name: "
                + "chatd room remove \(room)"
        case .createRoom(let room): "finish it: chat room create \(room)"
        case .createRoomAnew(let room):
            "it was removed, or a restore of the server has lost it; who made it makes it anew: "
                + "chat room create \(room), then chat room add \(room) USER; "
                + "who was in it forgets it: chat room forget \(room)"
        case .makeAdmin(let room): "make another member one: chat room admin \(room) USER"
        case .seeRooms: "chat room list --all lists those that you may use"
        case .seeUsers: "chat who --users lists everybody"
        case .seeDevices: "see chat device list"
        case .seeServers: "see chat server list"
        case .seeResumePoints: "see chat resume list"
        case .seeOutbox: "see chat outbox list"
        case .sendAgainWithKey: "it may have been sent; send it again with the same --id and it is delivered once"
        case .giveAnotherKey: "give a message of its own another --id"
        case .askAgainWithKey: "the same --id waits again without asking twice"
        case .fetchHistory: "chat history --sync fetches it"
        }
    }

    /// The program, for the profile that the advice is about: another would be logged in without it.
    private static func chat(_ profile: String?) -> String { profile.map { "chat --profile \($0)" } ?? "chat" }

    /// The command alone, where an advice is one.
    static func command(_ advice: Advice) -> String? {
        switch advice {
        case .seeOutbox: "chat outbox list"
        case .seeDevices: "chat device list"
        case .fetchHistory: "chat history --sync"
        default: nil
        }
    }

    /// Nil: no method does it; it is done on the command line, whose words it has then.
    private static func rpc(_ advice: Advice) -> String? {
        switch advice {
        case .seeUsers: "the method who, with users, lists everybody"
        case .sendAgainWithKey: "it may have been sent; send it again with the same id and it is delivered once"
        case .giveAnotherKey: "give a message of its own another id"
        case .askAgainWithKey: "the same id waits again without asking twice"
        case .writeToRoom(let room): "the method send, with room \"\(room)\", writes there"
        case .fetchHistory: "the method history, with sync, fetches it"
        default: nil
        }
    }

    /// Nil: the prompt has no command for it; it is done on the command line, whose words it has then.
    private static func prompt(_ advice: Advice) -> String? {
        switch advice {
        case .seeUsers: "/users lists everybody"
        case .seeRooms: "/rooms lists those that you may use"
        case .joinRoom(let room): "join it first: /join \(room)"
        case .leaveRoom(let room): "leave it first: /leave \(room)"
        case .writeToRoom(let room): "write there: /to #\(room)"
        case .sendAgainWithKey: "it may have been sent; /history shows it once it is here"
        default: nil
        }
    }
}

extension Problem {
    /// With its advice in the words of who reads it.
    func worded(_ wording: AdviceWording) -> Problem {
        guard hint == nil, let advice else { return self }
        var problem = self
        problem.hint = wording.text(advice)
        return problem
    }
}
