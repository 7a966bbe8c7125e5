import CLISupport
import ChatProtocol
import GroupRules
import MLS

extension Client {
    /// Who brings this device into groups, on a connection that is logged in.
    ///
    /// - Parameter door: the way to the store and the opener.
    /// - Throws: `device_pending` (77) where its account's chain does not have this device.
    func joiner(on link: Link, through door: any GroupDoor) async throws(Problem) -> Joiner {
        let welcome = try await link.welcome()
        let ownChain = try await ownChain(on: link)
        let known = try store { try $0.chain(of: welcome.account.id) }
        var chain = known
        if known?.head.bytes != welcome.chain.hash { chain = try await ownChain.read() }
        // The account's first device that comes by begins its chain, as one whose server was of another version.
        if chain == nil, LoginMeaning(welcome) == .begin, try await ownChain.begin() {
            chain = try store { try $0.chain(of: welcome.account.id) }
        }
        guard let chain else { throw Problem(.devicePending, sent: .no) }
        let place = GroupPlace(
            own: ownChain.own, chain: chain, generation: welcome.generation,
            groupKey: SignaturePublicKey(welcome.groupKey))
        let reader = ChainReader(store: profile, log: log)
        return Joiner(
            place: place, store: door, wire: link, gate: gate, log: log,
            refresh: { (account, name) throws(Problem) in _ = try await reader.read(account, named: name, on: link) })
    }
}
