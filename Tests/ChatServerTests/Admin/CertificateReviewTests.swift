import ChatProtocol
import TestSupport
import Testing

@testable import ChatServer
@testable import Transport

@Suite struct CertificateReviewTests {
    private static let day = Duration.seconds(86_400)
    private static let now = Timestamp.zero + day * 20_000

    /// One that is valid for some days yet.
    private func facts(days: Int64, names: [String] = ["chat.example"], fault: String? = nil) -> CertificateFacts {
        CertificateFacts(
            begins: Self.now - Self.day * 100, ends: Self.now + Self.day * Int(days), names: names,
            isSelfSigned: false, chainFault: fault)
    }

    private func review(
        _ facts: CertificateFacts, before: CertificateFacts? = nil, hasOtherKey: Bool = false
    ) -> CertificateReview {
        CertificateReview(facts: facts, before: before, hasOtherKey: hasOtherKey, now: Self.now)
    }

    @Test func `a certificate that is in order is not talked of`() {
        #expect(review(facts(days: 60), before: facts(days: 1)).warnings == [])
        #expect(review(facts(days: 60), before: facts(days: 1)).refusal == nil)
    }

    @Test func `its end is said two weeks before`() {
        #expect(review(facts(days: 15)).warnings == [])
        #expect(review(facts(days: 13)).warnings.first?.hasSuffix("in 13 days") == true)
        #expect(review(facts(days: -1)).warnings.first?.hasPrefix("has expired at") == true)
    }

    @Test func `an expired one never takes the place of a valid one, and may take that of an expired one`() {
        #expect(review(facts(days: -1), before: facts(days: 1)).refusal?.hasPrefix("has expired at") == true)
        #expect(review(facts(days: -1), before: facts(days: -2)).refusal == nil)
        #expect(review(facts(days: -1)).refusal == nil, "a server that starts has none before")
        var early = facts(days: 60)
        early.begins = Self.now + .milliseconds(1)
        #expect(review(early, before: facts(days: 1)).refusal?.hasPrefix("is not valid before") == true)
    }

    @Test func `what clients would stumble over is said`() {
        let fault = review(facts(days: 60, fault: "unable to get local issuer certificate")).warnings
        #expect(fault.count == 1 && fault[0].contains("unable to get local issuer certificate"))
        let foreign = review(facts(days: 60, names: ["other.example"]), before: facts(days: 1)).warnings
        #expect(foreign == ["is for other.example, and the one before was for chat.example"])
        #expect(review(facts(days: 60, names: ["chat.example", "b"]), before: facts(days: 1)).warnings == [])
        #expect(review(facts(days: 60), before: facts(days: 1), hasOtherKey: true).warnings.count == 1)
    }

    @Test func `a certificate says when it ends, for what it is, and that it vouches for itself`() throws {
        let made = try CertificateFactory.selfSigned(validDays: 10)
        let identity = try ServerIdentity(certificatePEM: made.certificatePEM, keyPEM: made.keyPEM)
        let facts = try #require(identity.facts)
        #expect(facts.names == ["localhost", "127.0.0.1", "::1"])
        #expect(facts.isSelfSigned && facts.chainFault == nil)
        #expect(facts.ends - facts.begins == Self.day * 10 + .seconds(3600))
    }
}

@Suite struct DataWatchTests {
    private func directory(_ scratch: Scratch) throws -> DataDirectory {
        let directory = DataDirectory(scratch.url.path + "/data")
        try directory.create()
        for path in [directory.database, directory.lock] { try WholeFile.replace(path, with: [1]) }
        return directory
    }

    @Test func `data that stay are not lost, whatever is written into them`() throws {
        let scratch = try Scratch()
        let directory = try directory(scratch)
        let watch = DataWatch(directory)
        try WholeFile.replace(directory.configuration, with: [1])
        #expect(watch.loss() == nil)
    }

    @Test func `a file that is removed or replaced is lost`() throws {
        let scratch = try Scratch()
        let directory = try directory(scratch)
        let watch = DataWatch(directory)
        try WholeFile.replace(directory.database, with: [2])
        #expect(watch.loss() == "\(directory.database) was replaced")
        DataDirectory.removeFlat(directory.path)
        #expect(watch.loss() == "\(directory.path) was removed")
    }
}
