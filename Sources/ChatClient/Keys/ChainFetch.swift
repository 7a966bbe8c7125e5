import CLISupport
import ChatProtocol
import GroupRules
import WireCodec

/// Takes the pages of a chain as a server gives them: what comes behind the chain that is held or, where that does not fit together,
/// the whole from its beginning.
///
/// A plain value. What it has at the end is verified by itself; whether it agrees with the pins is asked afterwards.
struct ChainFetch {
    enum Step: Equatable {
        case ask(from: UInt32)
        case done
    }

    /// A page has at least one link, and a chain few: who gives them one by one keeps us for no longer.
    static let maximumPages = 128

    let place: AccountPlace
    private(set) var chain: AccountChain?
    private var isWhole: Bool
    private var pages = 0

    /// - Parameter held: the chain as it was verified before.
    init(place: AccountPlace, held: AccountChain?) {
        self.place = place
        chain = held
        isWhole = held == nil
    }

    /// The number from which on links are wanted.
    var next: UInt32 { chain?.count ?? 0 }

    mutating func take(_ page: ChainPage) throws(Problem) -> Step {
        pages += 1
        guard page.account == place.account, page.from == next, pages <= Self.maximumPages,
            page.head.count <= UInt32(RuleLimits.links)
        else { throw Problem(.protocolFault, "the server gave another part of a chain than was asked for") }
        do throws(RuleViolation) { try add(page) } catch {
            guard isWhole else { return beginAnew() }
            throw Problem(.invalidChain, "the server gave a chain that does not verify: \(error)")
        }
        guard next < page.head.count else {
            if stands(at: page.head) { return .done }
            guard isWhole else { return beginAnew() }
            throw Problem(.protocolFault, "the server gave a chain that does not end where it says")
        }
        guard !page.links.isEmpty else {
            throw Problem(.protocolFault, "the server gave less of a chain than it says there is")
        }
        return .ask(from: next)
    }

    /// What the server has does not continue what is held: both are compared whole.
    private mutating func beginAnew() -> Step {
        chain = nil
        isWhole = true
        return .ask(from: 0)
    }

    private func stands(at head: ChainHead) -> Bool {
        next == head.count && (chain?.head ?? .zero).bytes == head.hash
    }

    private mutating func add(_ page: ChainPage) throws(RuleViolation) {
        let (links, renewals): ([ChainLink], [Renewal])
        do throws(WireError) {
            links = try page.links.map { bytes throws(WireError) in try ChainLink(wireBytes: bytes) }
            renewals = try page.renewals.map { bytes throws(WireError) in try Renewal(wireBytes: bytes) }
        } catch { throw RuleViolation(.c1, .invalidLink, "a link or renewal cannot be read: \(error)") }
        guard var extended = chain else {
            if !links.isEmpty { chain = try AccountChain(links, renewals: renewals, at: place) }
            return
        }
        try extended.extend(with: links, renewals: renewals)
        chain = extended
    }
}
