import CLISupport
import ChatProtocol
import GroupRules

/// Cutting devices off.
extension Client {
    /// Revokes a device: `id` is hexadecimal, or the device's name where only one has it.
    ///
    /// - Parameter password: for a device that this one may not revoke: the server suspends it. Nil: there is none.
    /// - Returns: what the account is left with.
    @discardableResult
    package func revokeDevice(
        _ id: String, force: Bool = false, password: (() async throws(Problem) -> [UInt8])? = nil
    ) async throws(Problem) -> RevocationOutcome {
        let link = try await linkForDevices()
        let found: Devices = try await link.request(ListDevices())
        let chain = try await ownChain(on: link)
        let known = try await chain.read()
        let all = AccountDevice.all(found.devices, own: chain.own.device, chain: known)
        let device = try Self.resolve(id, among: all.map(\.record)).id
        let usable = UsableDevices(known, found.devices)
        let way = try Revocation(
            of: device, by: chain.own, in: known, usable: usable, isForced: force, hasPassword: password != nil)
        switch way {
        case .link: _ = try await chain.publish(.revoke(device), beginsAt: .some(known))
        case .word: let _: Done = try await link.request(RevokeDevice(device: device))
        case .suspension:
            guard let password else { break }
            let _: Done = try await link.request(
                SuspendDevice(device: device, password: try await password()), timeout: .seconds(60))
        }
        if device == chain.own.device {
            try store { store in try store.writeSynced { try store.setLoggedOut() } }
        }
        return RevocationOutcome(
            isRevoked: true, leavesNoApprover: way != .word && usable.leaveNoApprover(without: device))
    }

    /// Revokes this device on the server; with `forget` the local data go too. Nothing may be there to revoke:
    /// this profile is a copy, which the server does not listen to, or was logged out before.
    ///
    /// - Throws: 78 for a copy whose data are to stay: then nothing was done; `last_device` (77) where no device would be left.
    package func logout(forget: Bool, force: Bool = false) async throws(Problem) -> RevocationOutcome {
        let identity = try identity()
        var outcome = RevocationOutcome(isRevoked: false)
        do throws(Problem) { outcome = try await revokeThisDevice(identity, force: force) } catch {
            guard forget, error.isOfLostDevice else { throw error }
        }
        if forget { try erase() }
        return outcome
    }

    private func revokeThisDevice(_ identity: Identity, force: Bool) async throws(Problem) -> RevocationOutcome {
        var outcome = RevocationOutcome(isRevoked: false)
        guard identity.standing != .loggedOut else { return outcome }
        outcome.isRevoked = true
        do throws(Problem) {
            try profile.requireStanding(identity)
            outcome = try await revokeDevice(identity.device.hex, force: force)
            await connections.closeForRequests()
        } catch {
            // It is what was asked for.
            guard [ErrorCode.deviceRevoked.name, ErrorCode.replaced.name].contains(error.code) else { throw error }
        }
        try store { store in try store.writeSynced { try store.setLoggedOut() } }
        return outcome
    }

    package func changePassword(old: [UInt8], new: [UInt8], revokeOthers: Bool) async throws(Problem) {
        try Self.checkNewPassword(new)
        let link = try await loggedInLink().0
        let chain = try await ownChain(on: link)
        let known = revokeOthers ? try await chain.read() : nil
        let signs = known?.devices[chain.own.device]?.approves ?? false
        let _: Done = try await link.request(
            ChangePassword(old: old, new: new, revokeOthers: revokeOthers && !signs), timeout: .seconds(60))
        guard signs else { return }
        let found: Devices = try await link.request(ListDevices())
        let usable = UsableDevices(known, found.devices)
        let all = AccountDevice.all(found.devices, own: chain.own.device, chain: known).map(\.record)
        for device in all where device.id != chain.own.device && device.state != .revoked {
            switch try Revocation(
                of: device.id, by: chain.own, in: known, usable: usable, isForced: false, hasPassword: false)
            {
            case .link, .suspension: _ = try await chain.publish(.revoke(device.id))
            case .word: let _: Done = try await link.request(RevokeDevice(device: device.id))
            }
        }
    }
}

extension Problem {
    /// The server has no such device to revoke: this is a copy of it, or a restore has lost it, or gives another account its name.
    fileprivate var isOfLostDevice: Bool {
        [ErrorCode.storeCopied.name, ErrorCode.badProof.name, LocalCode.chainForked.rawValue].contains(code)
    }
}
