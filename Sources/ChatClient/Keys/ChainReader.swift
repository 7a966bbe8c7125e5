import CLISupport
import ChatProtocol
import GroupRules
import Logging
import WireCodec

/// Reads chains from the server, compares them with what is known, and keeps what comes of it.
struct ChainReader: Sendable {
    /// Other processes of the profile may read the same chain meanwhile, and be further; so often it is begun again.
    private static let attempts = 4

    let store: any StoreDoor
    let log: Logger

    /// Reads what is new of an account's chain. Nil: it has none, and never had.
    ///
    /// - Parameter name: what the server calls the account.
    @discardableResult
    func read(_ account: AccountID, named name: UserName, on link: Link) async throws(Problem) -> ChainMeeting? {
        let welcome = try await link.welcome()
        let place = AccountPlace(server: welcome.server, account: account)
        for _ in 0..<Self.attempts {
            let (standing, held) = try await store.withStore { store in
                (try store.chainStanding(of: account), try store.chain(of: account))
            }
            let chain = try await Self.fetch(ChainFetch(place: place, held: held), on: link)
            let outcome = try await store.withStore { store -> Outcome in
                try store.writeWithReserve {
                    guard try store.chainStanding(of: account) == standing else { return .overtaken }
                    let now = WallClock.now
                    guard let chain else {
                        return .met(
                            try store.meetNoChain(of: account, named: name, generation: welcome.generation, now: now))
                    }
                    return .met(try store.meet(chain, named: name, generation: welcome.generation, now: now))
                }
            }
            guard case .met(let meeting) = outcome else { continue }
            // How a chain begins is given back by its own devices alone.
            if case .known(.behind) = meeting, let held, chain != nil || account == welcome.account.id {
                guard await publish(held, from: chain?.count ?? 0, on: link) else { return meeting }
                continue
            }
            return meeting
        }
        throw Problem(.storeBusy, "the chain of \(name) changes faster than it can be read", hint: "try again")
    }

    private enum Outcome: Sendable {
        case met(ChainMeeting?)
        /// Another process, or another task of this one, has kept more of it meanwhile, or has given the server back what that had lost: what
        /// was read before is no evidence of anything.
        case overtaken
    }

    /// Reads a chain as it is, and compares it with nothing.
    static func fetch(_ fetch: ChainFetch, on link: Link) async throws(Problem) -> AccountChain? {
        var fetch = fetch
        while true {
            let page: ChainPage = try await link.request(ReadChain(account: fetch.place.account, from: fetch.next))
            if try fetch.take(page) == .done { return fetch.chain }
        }
    }

    /// Gives a server that was restored what it has lost, of whichever account: else its devices could not be cut off, and one that was
    /// cut off would be let in. Each link proves itself; what the server does not take is its affair.
    ///
    /// - Returns: whether it took all.
    private func publish(_ chain: AccountChain, from: UInt32, on link: Link) async -> Bool {
        for lost in chain.links.dropFirst(Int(from)) {
            do throws(Problem) { let _: ChainState = try await link.request(PublishLink(link: lost.wireBytes)) } catch {
                log.info("the server did not take back what it has lost of \(chain.name)'s chain: \(error.text)")
                return false
            }
        }
        return true
    }

    /// Somebody says how far an account's chain goes: the server, or what a message holds (G2). It is read before the account is
    /// written to again.
    ///
    func heard(of account: AccountID, at head: ChainHead) async throws(Problem) -> Hearsay {
        try await store.withStore { store in
            guard try store.hasLooked(at: account) else { return .ofStranger }
            guard try !store.chainReaches(head, of: account) else { return .isHeld }
            try store.writeWithReserve { try store.noteWanted(account) }
            return .isNews
        }
    }

    /// What it is that somebody says of a chain.
    enum Hearsay {
        /// Nothing is known of the account here, and nothing is asked.
        case ofStranger
        /// It goes so far here: another process of the profile may have read it a moment ago.
        case isHeld
        case isNews
    }
}
