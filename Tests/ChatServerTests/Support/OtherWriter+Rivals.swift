import ChatProtocol

@testable import ChatServer

/// Who comes second: what the contract says is taken already is wanted by somebody else, too, and has to be refused.
extension OtherWriter {
    enum Rival: CaseIterable {
        case name, device, link, renewal, packages, password, loginNumber, epoch
    }

    /// Another account that there is, as far as the store has come.
    private func stranger(to account: AccountID) -> AccountID { account == alice ? bob : alice }

    private static let key = DeviceKey(
        purpose: .login, algorithm: .ed25519, publicKey: [UInt8](repeating: 77, count: 32))

    private func expect(
        _ code: ErrorCode?, _ rival: Rival, _ body: () async throws(StoreFailure) -> Void
    ) async {
        do throws(StoreFailure) {
            try await body()
            note("\(rival): who came second was not refused")
        } catch {
            if error.refusal?.errorCode == code { noteRefused(rival) } else { note("\(rival): \(error)") }
        }
    }

    /// A name is one account's, and an invite is not used up by who does not get it.
    func comeSecond(to account: StoredAccount, device: NewDevice?, invite: [UInt8]?) async {
        var rival = account
        rival.record.id = AccountID(high: 77, low: 77)
        await expect(.nameTaken, .name) { () throws(StoreFailure) in
            try await store.register(rival, device: device, invite: invite)
        }
        if let device { await comeSecond(to: device.id, of: account.record.id) }
    }

    /// A device is one account's.
    func comeSecond(to device: DeviceID, of account: AccountID) async {
        let rival = NewDevice(id: device, name: "rival", keys: [Self.key])
        await expect(.noSuchDevice, .device) { () throws(StoreFailure) in
            try await store.addDevice(rival, to: stranger(to: account))
        }
    }

    /// A place in a chain is one link's.
    func comeSecond(to step: ChainStep) async {
        var rival = step
        rival.link.append(77)
        await expect(.chainMoved, .link) { () throws(StoreFailure) in _ = try await store.publish(rival) }
    }

    /// An instance is one renewal's, with one key.
    func comeSecond(to entry: IdentityEntry) async {
        await comeSecond(to: entry.device.id, of: entry.account)
        var rival = entry
        rival.device.keys = [Self.key]
        await expect(entry.taken.errorCode, .renewal) { () throws(StoreFailure) in _ = try await store.enrol(rival) }
        guard rival.renewal != nil else { return }
        rival.renewal?.bytes.append(77)
        await expect(.chainMoved, .renewal) { () throws(StoreFailure) in _ = try await store.enrol(rival) }
    }

    /// Init keys are one package's.
    func comeSecond(to publication: PackagePublication) async {
        var rival = publication
        for index in rival.packages.indices { rival.packages[index].reference.append(77) }
        rival.lastResort?.reference.append(77)
        let brought = rival.packages + (rival.lastResort.map { [$0] } ?? [])
        guard !brought.isEmpty else { return }
        do throws(StoreFailure) {
            let refused = try await store.publishPackages(rival).refused
            guard brought.allSatisfy({ refused[$0.reference] != nil }) else {
                return note("packages: a key was taken twice")
            }
            noteRefused(.packages)
        } catch {
            note("packages: \(error)")
        }
    }

    /// A password is changed by who knew the one that is there.
    func comeSecond(to hash: PasswordHash, replacing old: String?, of account: AccountID) async {
        guard let old, old != hash.text, let rival = Bcrypt.dummy(cost: 6), rival.text != hash.text else { return }
        await expect(.loginRefused, .password) { () throws(StoreFailure) in
            _ = try await store.setPassword(rival, of: account, replacing: old, revokingAllBut: nil)
        }
    }

    /// A login number is used once.
    func comeSecond(
        to number: LoginNumber, of device: DeviceID, account: AccountID,
        ifSigned isSigned: @escaping @Sendable ([UInt8]) -> Bool
    ) async {
        await expect(.storeCopied, .loginNumber) { () throws(StoreFailure) in
            _ = try await store.logIn(device, of: account, number: number, ifSigned: isSigned)
        }
    }

    /// An epoch is begun once.
    func comeSecond(to operations: [StoreOperation], _ outcomes: [OperationOutcome]) async {
        for case (.bundle(let bundle), .appended(let stored)) in zip(operations, outcomes)
        where bundle.advance != nil && !stored.duplicate {
            var rival = Bundle(
                .unique, in: bundle.conversation, sender: .server, device: DeviceReader.server.device,
                entry: bundle.entry)
            rival.advance = bundle.advance
            let outcome = try? await store.commit([.bundle(rival)]).first
            switch outcome?.refusal {
            case .preconditionFailed: noteRefused(.epoch)
            case .noSuchRoom, .noSuchUser: break
            case let code: note("epoch: \(code.debugDescription)")
            }
        }
    }
}
