import CLISupport
import ChatProtocol
import Logging
import System

/// Sees to each connection from its login to its end: keeps what it brings, and does what its words want of this device.
actor Attendant: ProfileWorker {
    /// For so long a command stays for what the account's chain wants of it.
    static let patienceAtEnd = Duration.seconds(10)

    nonisolated let tools: ProfileTools
    var intake = Intake()
    /// Who sees to the newest connection by this device's key.
    private(set) var attendance: (link: Link, owesKeys: Bool, attendant: Task<Void, Never>)?
    /// The account's chain is being begun.
    private var chainBeginning: (link: Link, task: Task<Void, Never>)?

    init(_ tools: ProfileTools) { self.tools = tools }

    /// The executor of the profile's store: what is done there is done at once.
    nonisolated var unownedExecutor: UnownedSerialExecutor { profile.unownedExecutor }

    func begin(_ link: Link, _ ticket: LoginTicket, events: LinkEvents?, of connections: Connections) {
        attendance = (
            link, ticket.owesKeys,
            Task(executorPreference: MainThread.preferred) {
                await self.attend(link, ticket.identity, events: events, of: connections)
            }
        )
    }

    /// Waits until the account's chain is begun, where that is being done.
    func settle() async {
        guard let (link, task) = chainBeginning else { return }
        let timer = ClientLoop.closesAtEnd(link)
        defer { timer.cancel() }
        await task.value
    }

    private func attend(_ link: Link, _ identity: Identity, events: LinkEvents?, of connections: Connections) async {
        do throws(Problem) {
            let welcome = try await link.welcome()
            let isNewLife = try noteWelcome(welcome, identity)
            let held = try store { try $0.chainCount(of: welcome.account.id) }
            let hasLeft = try !store { try $0.roomsLeft(before: welcome.generation) }.isEmpty
            if LoginMeaning(welcome) == .begin || held > welcome.chain.count || isNewLife || hasLeft {
                chainBeginning = (
                    link,
                    Task(executorPreference: MainThread.preferred) {
                        await self.completeChains(on: link, welcome)
                        await self.leaveRoomsAgain(on: link, welcome)
                    }
                )
            }
            events?.report(.login(welcome), 0)
            let news = LinkNews(of: self, on: link, isLasting: events != nil)
            defer { news.end() }
            // What was changed while nobody listened; a command that only asks once has no time for it.
            if events != nil { news.keys.hear(KeysChanged(account: welcome.account.id, head: welcome.chain)) }
            try await takeIn(from: link, identity: identity, events: events, news: news)
            if let end = link.end { await noteEnd(end, of: identity.device, connections) }
            events?.end(link.end ?? Problem(.unreachable, "the connection has ended"))
        } catch {
            link.close()
            await noteEnd(error, of: identity.device, connections)
            events?.end(error)
        }
    }

    /// Keeps what the server says of us where it is new.
    ///
    /// - Returns: whether its store has begun anew, and this is the first that hears of it here.
    private func noteWelcome(_ welcome: Welcome, _ identity: Identity) throws(Problem) -> Bool {
        log.debug("logged in", metadata: ["user": "\(welcome.account.name)"])
        let isNewLife = welcome.generation != identity.generation
        let groupKey = try store { try $0.groupKey() }
        guard
            isNewLife || identity.standing != .active || welcome.account.displayName != identity.displayName
                || welcome.deviceName != identity.deviceName || welcome.everyone != identity.everyone
                || groupKey?.bytes != welcome.groupKey
        else { return false }
        return try store { store in
            defer { store.wake() }
            return try store.writeSynced {
                try store.meetGroupKey(welcome.groupKey)
                try store.updateIdentity(
                    displayName: welcome.account.displayName, deviceName: welcome.deviceName,
                    everyone: welcome.everyone)
                try store.noteAdmitted(welcome.device, .active)
                try store.remember([welcome.account], now: WallClock.now)
                try store.remember(welcome.everyone, type: .everyone, peer: nil)
                // Another process may have been first.
                guard isNewLife, try store.identity()?.generation != welcome.generation else { return false }
                try store.storeNewGeneration(welcome.generation, now: WallClock.now)
                return true
            }
        }
    }

    /// Keeps why a device may not log in any more.
    private func noteEnd(_ problem: Problem, of device: DeviceID, _ connections: Connections) async {
        let standing: Identity.Standing
        switch problem.code {
        case ErrorCode.storeCopied.name: standing = .copied
        case ErrorCode.deviceRevoked.name: standing = .revoked
        case ErrorCode.replaced.name: standing = .replaced
        case ErrorCode.devicePending.name: return await askToBeAdded(connections)
        default: return
        }
        do throws(Problem) {
            try store { store in try store.write { try store.noteRefused(device, standing) } }
        } catch { log.warning("not kept that the device was refused: \(error.text)") }
    }
}
