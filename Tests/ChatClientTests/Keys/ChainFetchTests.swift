import ChatProtocol
import GroupRules
import RulesSupport
import Testing
import WireCodec

@testable import ChatClient

@Suite struct ChainFetchTests {
    /// A page as an honest server gives it.
    private func page(_ chain: AccountChain, from: UInt32, count: Int = .max) -> ChainPage {
        ChainPage(
            account: chain.place.account, head: ChainHead(count: chain.count, hash: chain.head.bytes), from: from,
            links: chain.links.dropFirst(Int(from)).prefix(count).map(\.wireBytes),
            renewals: chain.renewals.map(\.wireBytes))
    }

    /// What comes of asking a server that answers by `answer`; nil where it is refused.
    private func fetch(
        _ account: TestAccount, held: AccountChain?, _ answer: (UInt32) -> ChainPage
    ) -> (chain: AccountChain?, asked: [UInt32])? {
        var fetch = ChainFetch(place: account.place, held: held)
        var asked: [UInt32] = []
        while true {
            asked.append(fetch.next)
            do {
                if try fetch.take(answer(fetch.next)) == .done { return (fetch.chain, asked) }
            } catch { return nil }
        }
    }

    @Test func `only what is new is asked for, page by page`() throws {
        var ann = try TestAccount()
        let held = ann.chain
        for _ in 0..<5 { _ = try ann.add() }
        let chain = ann.chain
        let whole = fetch(ann, held: nil) { page(chain, from: $0, count: 2) }
        #expect(whole?.chain == chain && whole?.asked == [0, 2, 4])
        let more = fetch(ann, held: held) { page(chain, from: $0) }
        #expect(more?.chain == chain && more?.asked == [1])
        let none = fetch(ann, held: chain) { page(chain, from: $0) }
        #expect(none?.chain == chain && none?.asked == [6])
    }

    @Test func `an account without a chain has none`() throws {
        let ann = try TestAccount()
        let nothing = ChainPage(account: ann.place.account, head: .none)
        let found = fetch(ann, held: nil) { _ in nothing }
        #expect(found != nil && found?.chain == nil)
    }

    @Test func `what does not continue what is held is read whole, so that both can be compared`() throws {
        var ann = try TestAccount()
        var fork = ann
        _ = try ann.add()
        _ = try fork.add(.certify)
        _ = try fork.add()
        let (held, other) = (ann.chain, fork.chain)
        let found = fetch(ann, held: held) { page(other, from: $0) }
        #expect(found?.chain == other && found?.asked == [2, 0])
        let cut = try TestAccount().chain
        #expect(cut == (try TestAccount().chain))
        let shorter = fetch(ann, held: held) { from in
            var page = page(cut, from: min(from, cut.count))
            page.from = from
            return page
        }
        #expect(shorter?.chain == cut && shorter?.asked == [2, 0])
    }

    @Test func `a chain that proves nothing, belongs to another or never ends is refused`() throws {
        var ann = try TestAccount()
        _ = try ann.add()
        let chain = ann.chain
        let other = try TestAccount("ann", seed: 9)
        func refuses(_ change: @escaping (inout ChainPage) -> Void) -> Bool {
            fetch(ann, held: nil) { from in
                var page = page(chain, from: from)
                change(&page)
                return page
            } == nil
        }
        #expect(!refuses { _ in })
        #expect(refuses { $0.account = other.place.account })
        #expect(refuses { $0.from += 1 })
        #expect(refuses { $0.links[1][40] ^= 1 })
        #expect(refuses { $0.links.swapAt(0, 1) })
        #expect(refuses { $0.links = other.chain.links.map(\.wireBytes) })
        #expect(refuses { $0.links = [] })
        #expect(refuses { $0.head.hash[0] ^= 1 })
        #expect(refuses { $0.head.count = 10_000 })
        #expect(refuses { $0.renewals = [[1, 2, 3]] })
        #expect(refuses { $0.links = [[]] })
    }
}
