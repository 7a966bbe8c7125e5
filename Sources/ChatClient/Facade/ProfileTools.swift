import CLISupport
import ChatProtocol
import GroupRules
import Logging
import MLS

/// What works for a profile is made of this: the owner of its store, whom to tell, and what the connections and senders of a process share.
struct ProfileTools: Sendable {
    let profile: ProfileStore
    let interaction: Interaction
    let receipts = ReceiptBoard()
    /// Sees to groups while a connection stays.
    let groupKeeper: GroupKeeper
    let writtenGroups = WrittenGroups()

    init(_ profile: ProfileStore, _ interaction: Interaction) {
        self.profile = profile
        self.interaction = interaction
        groupKeeper = GroupKeeper(log: profile.log)
    }

    var log: Logger { profile.log }
    var gate: KeyGate { profile.gate }

    // MARK: Ways

    var conversations: ConversationBook { ConversationBook(store: profile) }

    var roomBook: RoomBook { RoomBook(store: profile) }

    var chainReader: ChainReader { ChainReader(store: profile, log: log) }

    var keyPassage: KeyPassage {
        KeyPassage(store: profile, gate: gate, reader: chainReader, note: interaction.noteKey)
    }

    var groupPassage: GroupPassage {
        GroupPassage(
            door: profile, gate: gate, written: writtenGroups, log: log,
            joiner: { (link) async throws(Problem) in try await joiner(on: link, through: profile) },
            hasRead: { await tellHistoryDoubts() })
    }

    private func tellHistoryDoubts() async {
        do throws(Problem) { tell(.success(try await profile.withStore { try $0.newDoubts() })) } catch {
            tell(.failure(error))
        }
    }

    /// Says once who has read another log.
    func tell(_ doubts: Result<[HistoryEvidence], Problem>) {
        switch doubts {
        case .success(let doubts): for doubt in doubts { interaction.noteKey(doubt.notice) }
        case .failure(let problem): log.info("not told of histories that differ: \(problem.text)")
        }
    }

    // MARK: On a connection

    /// This account's chain on a connection that is logged in, with the key of this device, which is made where it is missing.
    func ownChain(on link: Link) async throws(Problem) -> OwnChain {
        let welcome = try await link.welcome()
        let own = try await profile.withStore { [profile] store in
            guard let identity = try store.identity() else { throw profile.notLoggedIn }
            if let own = try store.ownDevice(identity) { return own }
            let keys = try ChainKeys.make()
            return try store.writeSynced {
                try store.addChainKeys(keys, of: identity.device)
                return try OwnDevice(identity, try store.chainKeys(of: identity.device) ?? keys)
            }
        }
        return OwnChain(own: own, link: link, generation: welcome.generation, store: profile, log: log)
    }

    /// Who brings this device into groups, on a connection that is logged in.
    ///
    /// - Parameter door: the way to the store and the opener.
    /// - Throws: `device_pending` (77) where its account's chain does not have this device.
    func joiner(on link: Link, through door: any GroupDoor) async throws(Problem) -> Joiner {
        let welcome = try await link.welcome()
        let account = welcome.account.id
        let ownChain = try await ownChain(on: link)
        let known = try await profile.withStore { try $0.chain(of: account) }
        var chain = known
        if known?.head.bytes != welcome.chain.hash { chain = try await ownChain.read() }
        // The account's first device that comes by begins its chain, as one whose server was of another version.
        if chain == nil, LoginMeaning(welcome) == .begin, try await ownChain.begin() {
            chain = try await profile.withStore { try $0.chain(of: account) }
        }
        guard let chain else { throw Problem(.devicePending, sent: .no) }
        let place = GroupPlace(
            own: ownChain.own, chain: chain, generation: welcome.generation,
            groupKey: SignaturePublicKey(welcome.groupKey))
        let reader = chainReader
        return Joiner(
            place: place, store: door, wire: link, gate: gate, log: log,
            refresh: { (account, name) throws(Problem) in _ = try await reader.read(account, named: name, on: link) })
    }
}
