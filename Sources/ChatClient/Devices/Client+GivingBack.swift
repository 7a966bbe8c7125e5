import CLISupport
import ChatProtocol
import GroupRules

/// A device of which a restored server knows nothing, and whose account has nobody else who knows of it.
extension Client {
    /// Gives back what the server has lost of the account's chain, as this profile holds it, on a connection of a device that waits: the
    /// password lets that one in, the links prove themselves, and one that has begun the account anew is taken with the password.
    ///
    /// - Returns: whether the chain has the device again, which may log in by its own key then.
    func givesBack(
        _ device: DeviceID, to address: ServerAddress, _ user: UserName, _ password: [UInt8], deviceName: String
    ) async throws(Problem) -> Bool {
        let known = try store { store in
            try store.identity().flatMap { identity in
                try store.chain(of: identity.account).map { (identity, $0) }
            }
        }
        guard let (identity, held) = known, held.devices[device]?.isActive == true else { return false }
        for _ in 0..<Self.attemptsToGiveBack {
            let link = try await connections.connect(
                to: address,
                login: .password(
                    name: user, password: password, existing: nil, deviceName: deviceName, key: try Self.newKey(),
                    chainKey: nil))
            defer { link.close() }
            let welcome = try await link.welcome()
            var given = GivenBack.refused
            if welcome.account.id == identity.account, welcome.server == identity.server, welcome.state == .pending {
                given = await give(held, behind: welcome.chain, on: link, password)
            }
            if given == .upToReset { continue }
            let _: Done? = try? await link.request(RevokeDevice(device: welcome.device))
            return given == .all
        }
        return false
    }

    /// A reset ends the device that has published it; what stands behind it is given back on another connection.
    private static let attemptsToGiveBack = 4

    private enum GivenBack {
        case all, upToReset, refused
    }

    private func give(
        _ held: AccountChain, behind head: ChainHead, on link: Link, _ password: [UInt8]
    ) async -> GivenBack {
        guard head.count > 0, head.count <= held.count, held.hash(at: head.count - 1)?.bytes == head.hash else {
            return .refused
        }
        for lost in held.links.dropFirst(Int(head.count)) {
            let isReset = lost.content.body.kind == .reset
            do throws(Problem) {
                let _: ChainState = try await link.request(
                    PublishLink(link: lost.wireBytes, password: isReset ? password : []), timeout: OwnChain.patience)
            } catch {
                log.warning("the server does not take back what it has lost of the account's chain: \(error.text)")
                return .refused
            }
            if isReset { return .upToReset }
        }
        return .all
    }
}
