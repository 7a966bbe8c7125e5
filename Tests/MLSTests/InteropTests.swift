import MLS
import Testing

@testable import mls_interop

@Suite struct InteropTests {
    @Test(arguments: VectorKind.allCases)
    func `what it makes, it verifies, for every kind and suite`(_ kind: VectorKind) throws {
        for seed in [1, 2] as [UInt64] {
            let suites =
                [.passiveClient, .cryptoBasics].contains(kind)
                ? CipherSuite.supported : [CipherSuite.supported[Int(seed)]]
            let made = try Interop.make(kind, seed: seed, suites: suites)
            let file = try JSON(parsing: Array(JSON.array(made).text.utf8))
            let report = try kind.verify(file)
            #expect(report.checked == made.count && report.skipped.isEmpty)
        }
    }

    @Test func `a right signature is taken and a changed one refused in every suite, those with published faults too`()
        throws
    {
        for entry in try Interop.make(.cryptoBasics, seed: 3, suites: CipherSuite.supported) {
            #expect(try VectorKind.cryptoBasics.verify(.array([entry])).checked == 1)
            guard case .object(var fields) = entry, case .object(var sign) = entry["sign_with_label"],
                var signature = sign["signature"]?.hex
            else {
                Issue.record("no signature")
                continue
            }
            signature[signature.count - 1] ^= 1
            sign["signature"] = .hex(signature)
            fields["sign_with_label"] = .object(sign)
            #expect(throws: VectorFailure.self) { try VectorKind.cryptoBasics.verify(.array([.object(fields)])) }
        }
    }

    @Test func `messages without an application message in the clear hold, and a broken one does not`() throws {
        let entry = try #require(try Interop.make(.messages, seed: 3, suites: [CipherSuite.supported[0]]).first)
        guard case .object(var fields) = entry else {
            Issue.record("no object")
            return
        }
        fields["public_message_application"] = nil
        #expect(try VectorKind.messages.verify(.array([.object(fields)])).checked == 1)
        fields["public_message_application"] = .null
        #expect(try VectorKind.messages.verify(.array([.object(fields)])).checked == 1)
        for broken in [JSON.string("00"), .string("no hex"), .number(1)] {
            fields["public_message_application"] = broken
            #expect(throws: VectorFailure.self) { try VectorKind.messages.verify(.array([.object(fields)])) }
        }
        fields["public_message_application"] = nil
        fields["public_message_commit"] = nil
        #expect(throws: VectorFailure.self) { try VectorKind.messages.verify(.array([.object(fields)])) }
    }

    /// Calls a server as the harness does.
    private struct Harness {
        var server = Server()

        mutating func call(_ method: String, _ fields: [String: JSON] = [:]) throws -> JSON {
            var request = fields
            request["method"] = .string(method)
            let answer = try JSON(parsing: Array(server.answer(Array(JSON.object(request).text.utf8)).utf8))
            guard answer["error"].isNull else { throw VectorFailure("\(method): \(answer["error"].text)") }
            return answer["result"]
        }

        static func name(_ text: String) -> JSON { .base64(Array(text.utf8)) }

        /// A group of alice and bob; their states.
        mutating func pair(encrypted: Bool) throws -> (JSON, JSON) {
            let alice = try call(
                "CreateGroup",
                [
                    "group_id": .base64([1, 2]), "cipher_suite": .int(1), "identity": Self.name("alice"),
                    "encrypt_handshake": .bool(encrypted),
                ])["state_id"]
            let bob = try add("bob", to: alice, others: [], encrypted: encrypted)
            return (alice, bob)
        }

        mutating func add(_ name: String, to state: JSON, others: [JSON], encrypted: Bool) throws -> JSON {
            let package = try call("CreateKeyPackage", ["cipher_suite": .int(1), "identity": Self.name(name)])
            let proposal = try call("AddProposal", ["state_id": state, "key_package": package["key_package"]])[
                "proposal"]
            let commit = try call(
                "Commit", ["state_id": state, "by_reference": .array([proposal]), "external_tree": .bool(true)])
            let here = try call("HandlePendingCommit", ["state_id": state])
            for other in others {
                _ = try call(
                    "HandleCommit", ["state_id": other, "proposal": .array([proposal]), "commit": commit["commit"]])
            }
            let joined = try call(
                "JoinGroup",
                [
                    "transaction_id": package["transaction_id"], "welcome": commit["welcome"],
                    "ratchet_tree": commit["ratchet_tree"], "encrypt_handshake": .bool(encrypted),
                    "identity": Self.name(name),
                ])
            #expect(joined["epoch_authenticator"] == here["epoch_authenticator"])
            return joined["state_id"]
        }

        mutating func expectAgreement(_ states: [JSON]) throws {
            let found = try states.map { try call("StateAuth", ["state_id": $0])["state_auth_secret"].text }
            #expect(Set(found).count == 1)
        }
    }

    @Test(arguments: [true, false])
    func `the harness's scenarios: messages, proposals, PSKs, exporter`(_ encrypted: Bool) throws {
        var harness = Harness()
        let (alice, bob) = try harness.pair(encrypted: encrypted)
        let charlie = try harness.add("charlie", to: bob, others: [alice], encrypted: encrypted)
        try harness.expectAgreement([alice, bob, charlie])
        let sent = try harness.call("Protect", ["state_id": alice, "plaintext": .base64([5])])["ciphertext"]
        #expect(
            try harness.call("Unprotect", ["state_id": charlie, "ciphertext": sent])["plaintext"] == .base64([5]))
        let exports = try [alice, bob].map {
            try harness.call("Export", ["state_id": $0, "label": .string("x"), "key_length": .int(16)]).text
        }
        #expect(exports[0] == exports[1])
        for state in [alice, bob, charlie] {
            _ = try harness.call(
                "StorePSK",
                ["state_or_transaction_id": state, "psk_id": .base64([9]), "psk_secret": .base64([1, 2, 3])])
        }
        let epoch = try harness.call("UpdateProposal", ["state_id": bob])["proposal"]
        let psk = try harness.call("ExternalPSKProposal", ["state_id": charlie, "psk_id": .base64([9])])["proposal"]
        let commit = try harness.call(
            "Commit",
            [
                "state_id": alice, "by_reference": .array([epoch, psk]), "force_path": .bool(true),
                "by_value": .array([
                    .object(["proposal_type": Harness.name("resumptionPSK"), "epoch_id": .int(2)])
                ]),
            ])["commit"]
        _ = try harness.call("HandlePendingCommit", ["state_id": alice])
        _ = try harness.call("HandleCommit", ["state_id": bob, "proposal": .array([psk]), "commit": commit])
        _ = try harness.call("HandleCommit", ["state_id": charlie, "proposal": .array([epoch]), "commit": commit])
        try harness.expectAgreement([alice, bob, charlie])
        _ = try harness.call("Free", ["state_id": charlie])
        #expect(throws: VectorFailure.self) { _ = try harness.call("StateAuth", ["state_id": charlie]) }
    }

    @Test
    func `the harness's scenarios: external join, resync, external signer, newcomer, re-initialisation, branch`() throws
    {
        var harness = Harness()
        let (alice, bob) = try harness.pair(encrypted: false)
        for prior in [false, true] {
            let info = try harness.call("GroupInfo", ["state_id": alice, "external_tree": .bool(true)])
            let joined = try harness.call(
                "ExternalJoin",
                [
                    "group_info": info["group_info"], "ratchet_tree": info["ratchet_tree"],
                    "identity": Harness.name("dora"), "remove_prior": .bool(prior),
                ])
            for state in [alice, bob] {
                _ = try harness.call("HandleCommit", ["state_id": state, "commit": joined["commit"]])
            }
            try harness.expectAgreement([alice, bob, joined["state_id"]])
        }
        let signer = try harness.call(
            "CreateExternalSigner", ["cipher_suite": .int(1), "identity": Harness.name("service")])
        let allow = try harness.call(
            "AddExternalSigner", ["state_id": alice, "external_sender": signer["external_sender"]])["proposal"]
        try order(&harness, alice, bob, [allow])
        for state in [alice, bob] {
            _ = try harness.call(
                "StorePSK",
                ["state_or_transaction_id": state, "psk_id": .base64([9]), "psk_secret": .base64([1, 2, 3])])
        }
        for description in [
            ["proposal_type": Harness.name("externalPSK"), "psk_id": .base64([9])],
            ["proposal_type": Harness.name("resumptionPSK"), "epoch_id": .int(1)],
        ] {
            let psk = try harness.call(
                "ExternalSignerProposal",
                [
                    "signer_id": signer["signer_id"], "signer_index": .int(0),
                    "group_info": try harness.call("GroupInfo", ["state_id": alice])["group_info"],
                    "description": .object(description),
                ])["proposal"]
            try order(&harness, alice, bob, [psk])
        }
        try harness.expectAgreement([alice, bob])
        let info = try harness.call("GroupInfo", ["state_id": alice])["group_info"]
        let removal = try harness.call(
            "ExternalSignerProposal",
            [
                "signer_id": signer["signer_id"], "signer_index": .int(0), "group_info": info,
                "description": .object([
                    "proposal_type": Harness.name("remove"), "removed_id": Harness.name("dora"),
                ]),
            ])["proposal"]
        let newcomer = try harness.call(
            "NewMemberAddProposal", ["group_info": info, "identity": Harness.name("erin")])
        let welcome = try order(&harness, alice, bob, [removal, newcomer["proposal"]])
        let erin = try harness.call(
            "JoinGroup", ["transaction_id": newcomer["transaction_id"], "welcome": welcome])["state_id"]
        try harness.expectAgreement([alice, bob, erin])
        try branch(&harness, alice, "bob", bob)
        _ = try harness.call("Free", ["state_id": erin])
    }

    /// Alice commits proposals, Bob follows. Returns the Welcome.
    @discardableResult
    private func order(_ harness: inout Harness, _ alice: JSON, _ bob: JSON, _ proposals: [JSON]) throws -> JSON {
        let commit = try harness.call("Commit", ["state_id": alice, "by_reference": .array(proposals)])
        _ = try harness.call("HandlePendingCommit", ["state_id": alice])
        _ = try harness.call(
            "HandleCommit", ["state_id": bob, "proposal": .array(proposals), "commit": commit["commit"]])
        return commit["welcome"]
    }

    private func branch(_ harness: inout Harness, _ alice: JSON, _ name: String, _ bob: JSON) throws {
        let package = try harness.call(
            "CreateKeyPackage", ["cipher_suite": .int(1), "identity": Harness.name(name)])
        let made = try harness.call(
            "CreateBranch",
            ["state_id": alice, "group_id": .base64([8]), "key_packages": .array([package["key_package"]])])
        let joined = try harness.call(
            "HandleBranch",
            ["state_id": bob, "transaction_id": package["transaction_id"], "welcome": made["welcome"]])
        #expect(joined["epoch_authenticator"] == made["epoch_authenticator"])
    }

    @Test
    func `the harness's scenarios: re-initialisation in another suite`() throws {
        var harness = Harness()
        let (alice, bob) = try harness.pair(encrypted: true)
        let proposal = try harness.call(
            "ReInitProposal", ["state_id": bob, "cipher_suite": .int(2), "group_id": .base64([6])])["proposal"]
        let commit = try harness.call("ReInitCommit", ["state_id": alice, "by_reference": .array([proposal])])
        let here = try harness.call("HandlePendingReInitCommit", ["state_id": alice])
        let there = try harness.call(
            "HandleReInitCommit", ["state_id": bob, "proposal": .array([proposal]), "commit": commit["commit"]])
        let made = try harness.call(
            "ReInitWelcome",
            [
                "reinit_id": there["reinit_id"], "key_package": .array([here["key_package"]]),
                "external_tree": .bool(true),
            ])
        let joined = try harness.call(
            "HandleReInitWelcome",
            [
                "reinit_id": here["reinit_id"], "welcome": made["welcome"], "ratchet_tree": made["ratchet_tree"],
            ])
        #expect(joined["epoch_authenticator"] == made["epoch_authenticator"])
    }

    @Test
    func `errors are answers, whatever the line holds`() throws {
        var server = Server()
        for line in [
            "", "{", "[]", "null", "{\"method\":3}", "{\"method\":\"Nothing\"}",
            "{\"method\":\"StateAuth\",\"state_id\":7}",
            "{\"method\":\"Export\",\"state_id\":-1}", "{\"method\":\"JoinGroup\"}",
            "{\"method\":\"CreateGroup\",\"cipher_suite\":99}", "{\"method\":\"CreateGroup\",\"cipher_suite\":65537}",
            "{\"method\":\"CreateGroup\",\"cipher_suite\":-1}", "{\"method\":\"ExternalJoin\",\"group_info\":\"AAAA\"}",
            "{\"method\":\"CreateGroup\",\"cipher_suite\":1,\"group_id\":\"!\"}",
        ] {
            let answer = try JSON(parsing: Array(server.answer(Array(line.utf8)).utf8))
            #expect(!answer["error"]["message"].isNull)
        }
        let refused = server.answer(Array("{\"method\":\"ExternalJoin\",\"group_info\":\"AAAA\"}".utf8))
        #expect(refused.contains("\"check\":\"malformed\"") && refused.contains("\"number\":100"))
    }
}
