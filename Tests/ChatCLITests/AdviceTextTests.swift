import CLISupport
import Testing

@testable import ChatCLI

@Suite struct AdviceTextTests {
    private static let all: [Advice] = [
        .logIn(profile: nil), .logInAnew(user: "bob", profile: "work"), .useAnotherProfile(profile: nil),
        .leaveServerOut(known: "a", wanted: "b"),
        .forgetServer("a"), .trustFingerprint("p"), .trustReplacedKey("p"), .trustByKey("p"), .makeIdentity,
        .nameIdentity, .makeAnotherIdentity, .setAnotherProxy, .seeUsers, .seeDevices, .seeServers, .seeResumePoints,
        .seeOutbox, .fetchHistory, .sendAgainWithKey, .giveAnotherKey, .askAgainWithKey,
        .forgetRoom("ops"), .joinRoom("ops"), .letJoin(room: "ops", user: "bob"),
        .askToBeAdded(room: "ops", admins: ["bob"]), .createRoom("ops"), .openRoomToFormer("ops"),
        .createRoomAnew("ops"), .makeAdmin("ops"), .acceptFork("#ops"),
        .removeFromRoom("ops", user: "bob", isAdmin: true), .removeFromRoom("ops", user: "bob", isAdmin: false),
        .seeRooms, .leaveRoom("ops"), .writeToRoom("ops"), .useIdentityLater(seconds: 60),
        .seeKey(user: "bob"), .doubtServer(user: "bob"),
    ]

    @Test func `an advice is worded for who reads it, and a hint that is there stays`() {
        let problem = Problem(.noSuchUser, "there is no user bob", advice: .seeUsers)
        #expect(problem.worded(.commandLine).hint == "chat who --users lists everybody")
        #expect(problem.worded(.prompt).hint == "/users lists everybody")
        #expect(problem.worded(.rpc).hint?.contains("--") == false)
        var hinted = problem
        hinted.hint = "as it was"
        #expect(hinted.worded(.commandLine).hint == "as it was")
    }

    @Test func `logging in is advised for the profile that needs it`() {
        #expect(AdviceWording.commandLine.text(.logIn(profile: nil)) == "run chat login, or chat register")
        #expect(
            AdviceWording.commandLine.text(.logIn(profile: "work"))
                == "run chat --profile work login, or chat --profile work register")
        #expect(
            AdviceWording.commandLine.text(.logInAnew(user: "bob", profile: "work"))
                == "log in anew: chat --profile work login bob")
    }

    @Test func `what is done again is advised for the profile that was named`() {
        let waiting = Advice.approveDevice(id: "1", fingerprint: "dev1:a", approvers: 0)
        for advice in [waiting, .logInByIdentityAgain(), .finishIdentityLogin(), .resetAccount(), .forgetAccount()] {
            #expect(AdviceWording.commandLine.text(advice.naming("work")).contains("chat --profile work log"))
            #expect(!AdviceWording.commandLine.text(advice.naming(nil)).contains("--profile"))
        }
    }

    @Test func `who finds a profile taken is told how to forget an account that the server has lost`() {
        #expect(
            AdviceWording.commandLine.text(.useAnotherProfile(profile: "dan"))
                == "use another --profile; if the server has lost this one's account, forget it: "
                + "chat --profile dan logout --forget")
    }

    @Test func `a program that speaks JSON is told of no flag of send`() {
        for advice in [Advice.sendAgainWithKey, .giveAnotherKey, .askAgainWithKey] {
            #expect(!AdviceWording.rpc.text(advice).contains("--"))
        }
    }

    @Test func `nobody is sent to a command line for what the prompt or a method does`() {
        for advice in Self.all {
            let prompt = AdviceWording.prompt.text(advice)
            let rpc = AdviceWording.rpc.text(advice)
            let isDoneHere = prompt.firstMatch(of: #/chat (who|send|room (join|leave|list)) /#) != nil
            #expect(!isDoneHere || isAboutAnother(advice), "\(prompt)")
            #expect(rpc.firstMatch(of: #/chat (who|send|ask|listen|history|unread) /#) == nil, "\(rpc)")
        }
    }

    /// Somebody else does it, whose face is not known.
    private func isAboutAnother(_ advice: Advice) -> Bool {
        if case .letJoin = advice { true } else { false }
    }

    @Test(arguments: AdviceTextTests.all) func `every advice has words everywhere`(advice: Advice) {
        for wording in [AdviceWording.commandLine, .rpc, .prompt] { #expect(!wording.text(advice).isEmpty) }
    }
}
