import ChatProtocol
import RulesSupport
import Testing
import WireCodec

@testable import GroupRules

@Suite struct PinTests {
    @Test func `C4: a link at a pinned number never changes`() throws {
        var ann = try TestAccount()
        var fork = ann
        var book = PinBook()
        _ = try ann.add()
        #expect(try book.meet(ann.chain) == .first)
        let before = book
        _ = try fork.add(.certify)
        expectRefusal(.c4, .chainForked) { _ = try book.meet(fork.chain) }
        _ = try fork.add()
        expectRefusal(.c4, .chainForked) { _ = try book.meet(fork.chain) }
        #expect(book == before)
        _ = try ann.add()
        #expect(try book.meet(ann.chain) == .advanced)
        #expect(try book.meet(ann.chain) == .unchanged)
    }

    @Test func `C4: pins never go back, and a chain that is shorter since the store began anew is behind`() throws {
        var ann = try TestAccount()
        let short = ann.chain
        _ = try ann.add()
        var book = PinBook()
        _ = try book.meet(ann.chain)
        let before = book
        expectRefusal(.c4, .chainForked) { _ = try book.meet(short) }
        #expect(try book.meet(short, isNewGeneration: true) == .behind)
        #expect(book == before)
    }

    @Test func `C4: a name is one account and an account has one name, both ways`() throws {
        let ann = try TestAccount()
        let impostor = try TestAccount("ann", seed: 2)
        var book = PinBook()
        _ = try book.meet(ann.chain)
        expectRefusal(.c4, .chainForked) { _ = try book.meet(impostor.chain) }
        // The same account under another name, with a chain of its own.
        var renamed = try TestAccount("bob")
        #expect(renamed.place == ann.place)
        expectRefusal(.c4, .chainForked) { _ = try book.meet(renamed.chain) }
        _ = try renamed.add()
        expectRefusal(.c4, .chainForked) { _ = try book.meet(renamed.chain) }
        guard let bob = UserName("bob") else { return }
        #expect(book.pin(of: ann.name)?.account == ann.place.account && book.pin(of: bob) == nil)
    }

    @Test func `C4: another root is not trusted until somebody has compared its fingerprint`() throws {
        var ann = try TestAccount()
        let old = ann.chain.root
        var book = PinBook()
        _ = try book.meet(ann.chain)
        _ = try ann.reset()
        #expect(try book.meet(ann.chain) == .rootChanged(from: old, to: ann.chain.root))
        #expect(try book.meet(ann.chain) == .rootChanged(from: old, to: ann.chain.root))
        #expect(book.pin(of: ann.name)?.root == old && book.pin(of: ann.name)?.number == 1)
        #expect(try !book.accept(AccountFingerprint(old), of: ann.chain))
        #expect(book.pin(of: ann.name)?.root == old)
        #expect(try book.accept(AccountFingerprint(ann.chain.root), of: ann.chain))
        #expect(try book.meet(ann.chain) == .unchanged)
    }

    @Test func `a fingerprint is one text, and a device's survives renewals`() throws {
        var ann = try TestAccount()
        let text = AccountFingerprint(ann.chain.root).description
        #expect(text.hasPrefix("acct1:") && text.utf8.count == 6 + 52)
        #expect(AccountFingerprint(text)?.root == ann.chain.root)
        for wrong in [text.uppercased(), String(text.dropLast()), text + "a", "dev1:" + text.dropFirst(6), "acct1:"] {
            #expect(AccountFingerprint(wrong) == nil, "\(wrong)")
        }
        let device = try ann.add(.enrolOften)
        func fingerprint() -> DeviceFingerprint? {
            ann.chain.devices[device].map {
                DeviceFingerprint(account: ann.place.account, device: device, grantedKey: $0.grant.key)
            }
        }
        let before = try #require(fingerprint())
        try ann.renew(device)
        #expect(fingerprint() == before && DeviceFingerprint(before.description) == before)
        #expect(before.description.hasPrefix("dev1:"))
    }

    @Test func `C4: whoever was compared before being met is held to that, and to nothing else`() throws {
        let ann = try TestAccount()
        let other = try TestAccount("ann", seed: 3)
        var book = PinBook()
        #expect(
            try book.meet(ann.chain, expected: other.chain.root)
                == .rootChanged(from: other.chain.root, to: ann.chain.root))
        #expect(book.pin(of: ann.name)?.root == other.chain.root)
        var trusting = PinBook()
        #expect(try trusting.meet(ann.chain, expected: ann.chain.root) == .first)
    }

    @Test func `G2: a message tells how far its sender's chain goes, and another link there is a fork`() throws {
        var ann = try TestAccount()
        var fork = ann
        let short = ann.chain
        _ = try ann.add()
        _ = try fork.add(.certify)
        #expect(ChainMark(short).relation(to: ann.chain) == .known)
        #expect(ChainMark(ann.chain).relation(to: ann.chain) == .known)
        #expect(ChainMark(ann.chain).relation(to: short) == .ahead)
        #expect(ChainMark(ann.chain).relation(to: fork.chain) == .forked)
    }
}
