import Testing
import WireCodec

@testable import MLS

/// KDF.Expand is HKDF-Expand (RFC 5869 §2.3), one block of which is reckoned apart.
@Suite struct ExpansionTests {
    @Test func `an expansion of each length is the beginning of the longest`() throws {
        let algorithms = try CipherSuite.x25519Aes128GcmSha256Ed25519.algorithms()
        // RFC 5869, appendix A.1.
        let secret = Secret(
            try #require(Hexadecimal.bytes("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")))
        let info = Array(UInt8(0xf0)...0xf9)
        let longest = try #require(
            Hexadecimal.bytes("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"))
        for length in 1...longest.count {
            #expect(algorithms.expand(secret, info: info, length: length).bytes == Array(longest[..<length]))
        }
    }

    @Test(arguments: [CipherSuite.p384Aes256GcmSha384P384, .p521Aes256GcmSha512P521])
    func `so it is with the longer hashes`(_ suite: CipherSuite) throws {
        let algorithms = try suite.algorithms()
        let secret = Secret([UInt8](repeating: 7, count: algorithms.hashLength))
        let longest = algorithms.expand(secret, info: [1, 2], length: 2 * algorithms.hashLength).bytes
        for length in [1, 16, algorithms.hashLength] {
            #expect(algorithms.expand(secret, info: [1, 2], length: length).bytes == Array(longest[..<length]))
        }
    }
}
