import CLISupport
import ChatProtocol
import GroupRules
import RulesSupport
import Testing

@testable import ChatClient

/// Which device of an identity file a login takes.
@Suite struct EnrolmentChoiceTests {
    private var account: TestAccount
    private var devices: [DeviceID] = []
    private var records: [DeviceRecord] = []

    init() throws { account = try TestAccount() }

    /// The account's devices and their file.
    private mutating func make(_ use: IdentityFile.Use, count: Int) throws -> EnrolmentChoice {
        for number in 0..<count {
            let device = try account.add(use == .once ? .enrolOnce : .enrolOften)
            devices.append(device)
            records.append(
                DeviceRecord(
                    id: device, name: "slot \(number)", state: .active, created: 1, lastSeen: .zero, online: false))
        }
        let file = IdentityFile(
            use: use, user: account.name, displayName: "Ann", account: account.place.account, address: "h:1",
            server: account.place.server, generation: .init(high: 1, low: 1), everyone: everyone,
            devices: devices.map { IdentityFile.Device(id: $0, name: "d", loginKey: [], grantKey: []) })
        return EnrolmentChoice(file)
    }

    private func chosen(_ choice: EnrolmentChoice) -> String {
        do { return try choice.device(in: account.chain, records).name } catch { return error.code }
    }

    @Test mutating func `once-only devices are taken one by one, and then no more`() throws {
        let choice = try make(.once, count: 2)
        #expect(chosen(choice) == "slot 0")
        try account.renew(devices[0])
        #expect(chosen(choice) == "slot 1")
        try account.revoke(devices[1])
        #expect(chosen(choice) == "identity_used")
    }

    @Test mutating func `of reusable devices an unused one is taken, then the one that is idle longest`() throws {
        let choice = try make(.reusable, count: 3)
        try account.renew(devices[0])
        #expect(chosen(choice) == "slot 1")
        for device in devices.dropFirst() { try account.renew(device) }
        records[0].lastSeen = 30
        records[1].lastSeen = 20
        records[2].lastSeen = 10
        records[2].online = true
        #expect(chosen(choice) == "slot 1")
        records[1].state = .suspended
        #expect(chosen(choice) == "slot 0")
        try account.revoke(devices[0])
        #expect(chosen(choice) == "slot 2", "one at work, where no other is left")
        try account.revoke(devices[2])
        #expect(chosen(choice) == "device_revoked")
    }

    @Test mutating func `a device that was refused comes last, and one that was used just now is left alone`() throws {
        var choice = try make(.reusable, count: 2)
        for device in devices { try account.renew(device) }
        try choice.note(Problem(.replaced), of: devices[0])
        #expect(chosen(choice) == "slot 1")
        try choice.note(Problem(.rateLimited), of: devices[1])
        #expect(chosen(choice) == "slot 0")
        try choice.note(Problem(.rateLimited), of: devices[0])
        #expect(chosen(choice) == "rate_limited")
    }

    @Test mutating func `choosing anew ends, and what a new look does not help against ends it at once`() throws {
        let fresh = try make(.once, count: 2)
        let disabled = Problem(.accountDisabled)
        for refusal in [disabled, Problem(.badProof)] {
            var choice = fresh
            #expect(throws: refusal) { try choice.note(refusal, of: devices[0]) }
        }
        var choice = fresh
        var rounds = 0
        while (try? choice.note(Problem(.chainMoved), of: devices[0])) != nil, rounds < 10 { rounds += 1 }
        #expect(rounds == 3)
    }

    @Test(arguments: [(IdentityFile.Use.once, "identity_used"), (.reusable, "replaced")])
    mutating func `a look that another use cuts off is made again, but not for ever`(
        use: IdentityFile.Use, ending: String
    ) throws {
        var choice = try make(use, count: 1)
        let disabled = Problem(.accountDisabled)
        #expect(throws: disabled) { try choice.noteLook(disabled) }
        var looks = 1
        do throws(Problem) {
            while looks < 100 {
                try choice.noteLook(Problem(.replaced))
                looks += 1
            }
        } catch { #expect(error.code == ending) }
        #expect(looks == 8)
    }

    @Test mutating func `what was never added is told to be made anew`() throws {
        let choice = try make(.once, count: 1)
        let stranger = try TestAccount(seed: 2)
        #expect(throws: Problem.self) { try choice.device(in: stranger.chain, records) }
        do throws(Problem) { _ = try choice.device(in: stranger.chain, records) } catch {
            #expect(error.code == "device_pending" && error.advice == .makeAnotherIdentity)
        }
    }
}
