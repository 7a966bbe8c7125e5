import CLISupport
import ChatProtocol
import GroupRules
import RulesSupport
import Testing

@testable import ChatClient

/// What a device decides of its account's chain.
@Suite struct OwnDeviceLawTests {
    /// A device of a test account as its own profile knows it.
    private func own(_ device: DeviceID, of account: TestAccount) throws -> OwnDevice {
        let present = try #require(account.present[device])
        let granted = try #require(account.granted[device])
        let instance = account.chain.devices[device]?.instance ?? 0
        let identity = Identity(
            account: account.place.account, name: account.name, displayName: "Ann", device: device, deviceName: "d",
            loginKey: nil, standing: .active, address: .default, server: account.place.server,
            generation: .init(high: 5, low: 5), everyone: everyone)
        return try OwnDevice(
            identity,
            ChainKeys(
                secret: present.privateKey.bytes, granted: instance == 0 ? nil : granted.publicKey.bytes,
                instance: instance, renewal: nil))
    }

    /// The chain with what a move publishes; nil where it publishes nothing.
    private func after(_ move: ChainMove, by own: OwnDevice, in account: TestAccount) throws -> AccountChain? {
        guard case .publish(let link) = try move.step(in: account.chain, by: own) else { return nil }
        var chain = account.chain
        try chain.append(link)
        return chain
    }

    private func refusal(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? Problem)?.code }
        return nil
    }

    // MARK: Moves

    @Test func `create begins a chain once, and its device is in it or was overtaken`() throws {
        var ann = try TestAccount()
        let first = try own(ann.first, of: ann)
        guard case .publish(let link) = try ChainMove.create.step(in: nil, by: first) else {
            Issue.record("an account without a chain is begun")
            return
        }
        let chain = try AccountChain(link, at: ann.place)
        #expect(chain.devices[ann.first]?.approves == true && chain.name == ann.name)
        #expect(try ChainMove.create.step(in: chain, by: first) == .done)
        let grant = try ann.grant()
        let other = try own(grant.device, of: ann)
        #expect(try ChainMove.create.step(in: ann.chain, by: other) == .overtaken)
    }

    @Test func `reset leaves its own device alone, and is done when it is`() throws {
        var ann = try TestAccount()
        _ = try ann.add(.certify)
        let fresh = try own(try ann.grant().device, of: ann)
        let chain = try #require(try after(.reset, by: fresh, in: ann))
        #expect(chain.devices.values.filter(\.isActive).map(\.grant.device) == [fresh.device])
        #expect(chain.root != ann.chain.root)
        #expect(try ChainMove.reset.step(in: chain, by: fresh) == .done)
        // A device that is in the chain gives up nobody.
        #expect(try ChainMove.reset.step(in: ann.chain, by: try own(ann.first, of: ann)) == .done)
    }

    @Test func `add and revoke are published once: a lost answer is no fault`() throws {
        var ann = try TestAccount()
        let first = try own(ann.first, of: ann)
        let grant = try ann.grant()
        ann.chain = try #require(try after(.add(grant), by: first, in: ann))
        #expect(try ChainMove.add(grant).step(in: ann.chain, by: first) == .done)
        ann.chain = try #require(try after(.revoke(grant.device), by: first, in: ann))
        #expect(try ChainMove.revoke(grant.device).step(in: ann.chain, by: first) == .done)
    }

    @Test func `C1: only who certifies, with its present key, adds and revokes others`() throws {
        var ann = try TestAccount()
        let (plain, file) = (try ann.add(), try ann.add([.certify, .enrolOften]))
        try ann.renew(file)
        let former = try own(file, of: ann)
        try ann.renew(file)
        let grant = try ann.grant()
        let stranger = try own(grant.device, of: ann)
        for move in [ChainMove.add(grant), .revoke(ann.first)] {
            #expect(refusal { _ = try move.step(in: ann.chain, by: own(plain, of: ann)) } == "forbidden")
            #expect(refusal { _ = try move.step(in: ann.chain, by: former) } == "replaced")
            #expect(refusal { _ = try move.step(in: ann.chain, by: stranger) } == "device_pending")
            #expect(try after(move, by: own(file, of: ann), in: ann) != nil)
            #expect(refusal { _ = try move.step(in: nil, by: own(plain, of: ann)) } == "protocol_fault")
        }
        #expect(try after(.revoke(plain), by: own(plain, of: ann), in: ann) != nil, "itself")
        let gone = try own(plain, of: ann)
        try ann.revoke(plain)
        #expect(refusal { _ = try ChainMove.add(grant).step(in: ann.chain, by: gone) } == "device_revoked")
    }

    // MARK: Logins

    @Test func `a login means to begin, to wait, to begin anew or nothing, by state and chain alone`() {
        let some = ChainHead(count: 1, hash: [UInt8](repeating: 1, count: ChainHead.hashBytes))
        var welcome = ScriptedServer.welcome()
        for (state, chain, resets, meaning) in [
            (DeviceState.active, ChainHead.none, false, LoginMeaning.begin), (.active, .none, true, .begin),
            (.active, some, false, .ready), (.active, some, true, .ready), (.pending, some, false, .wait),
            (.pending, some, true, .reset),
        ] {
            welcome.state = state
            welcome.chain = chain
            #expect(LoginMeaning(welcome, resets: resets) == meaning)
        }
    }

    // MARK: Revocations

    private func way(
        _ device: DeviceID, by other: DeviceID, in account: TestAccount, suspended: Set<DeviceID> = [],
        isForced: Bool = false, hasPassword: Bool = false
    ) throws -> ChatClient.Revocation {
        try ChatClient.Revocation(
            of: device, by: own(other, of: account), in: account.chain, usable: usable(account, suspended),
            isForced: isForced, hasPassword: hasPassword)
    }

    private func usable(_ account: TestAccount, _ suspended: Set<DeviceID> = []) -> UsableDevices {
        UsableDevices(
            account.chain,
            account.chain.devices.keys.map { id in
                DeviceRecord(
                    id: id, name: "d", state: suspended.contains(id) ? .suspended : .active, created: 1, lastSeen: 0,
                    online: false, grant: [])
            })
    }

    @Test func `a device is cut off by a link where one may, else by the password, and by a word where none knows it`()
        throws
    {
        var ann = try TestAccount()
        let plain = try ann.add()
        let waiting = try ann.grant().device
        #expect(try way(plain, by: ann.first, in: ann) == .link)
        #expect(try way(plain, by: plain, in: ann) == .link)
        #expect(try way(ann.first, by: plain, in: ann, hasPassword: true) == .suspension)
        #expect(refusal { _ = try way(ann.first, by: plain, in: ann) } == "forbidden")
        #expect(try way(ann.first, by: waiting, in: ann, hasPassword: true) == .suspension)
        for device in [ann.first, plain, waiting] { #expect(try way(waiting, by: device, in: ann) == .word) }
        try ann.revoke(plain)
        #expect(try way(plain, by: ann.first, in: ann) == .word)
    }

    @Test func `the last device is cut off only by force, and who leaves nobody to approve is told`() throws {
        var ann = try TestAccount()
        #expect(refusal { _ = try way(ann.first, by: ann.first, in: ann) } == "last_device")
        #expect(try way(ann.first, by: ann.first, in: ann, isForced: true) == .link)
        #expect(!usable(ann).leaveNoApprover(without: ann.first))
        let plain = try ann.add()
        // An identity file that makes other keys approves nobody by itself.
        _ = try ann.add([.certify, .enrolOnce])
        #expect(usable(ann).leaveNoApprover(without: ann.first))
        #expect(!usable(ann).leaveNoApprover(without: plain))
        _ = try ann.add(.certify)
        #expect(!usable(ann).leaveNoApprover(without: ann.first))
    }

    @Test func `a device that the server has suspended, or has lost, is none that is left`() throws {
        var ann = try TestAccount()
        let (other, plain) = (try ann.add(.certify), try ann.add())
        #expect(usable(ann, [other]).approvers == [ann.first])
        #expect(usable(ann, [other]).leaveNoApprover(without: ann.first))
        #expect(!usable(ann, [other]).leaveNoApprover(without: plain))
        #expect(refusal { _ = try way(ann.first, by: ann.first, in: ann, suspended: [other, plain]) } == "last_device")
        // The suspended one goes, whoever is left.
        #expect(try way(other, by: ann.first, in: ann, suspended: [other, plain]) == .link)
        #expect(UsableDevices(ann.chain, []).approvers.isEmpty && UsableDevices(nil, []).approvers.isEmpty)
    }
}
