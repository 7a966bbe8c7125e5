import MLS

/// Answers requests of the working group's interop harness, one at a time.
struct Server {
    /// A group that this program is a member of.
    struct Session {
        var group: Group
        var identity: MemberIdentity
        var encryptsHandshakes: Bool
        var psks = PreSharedKeys()
        /// Proposals of our own, by their bytes: a private one cannot be opened by its sender.
        var ownProposals: [[UInt8]: ProposalRef] = [:]

        var framing: HandshakeFraming { encryptsHandshakes ? .privateMessage(.none) : .publicMessage }
    }

    /// Key packages that wait for a Welcome.
    struct Transaction {
        var secrets: KeyPackageSecrets
        var identity: MemberIdentity
        var psks = PreSharedKeys()
    }

    /// A group that was re-initialised, and our key package for the one that follows.
    struct ReInitialisation {
        var session: Session
        var transaction: Transaction
    }

    var sessions: [Int: Session] = [:]
    var transactions: [Int: Transaction] = [:]
    var reInitialisations: [Int: ReInitialisation] = [:]
    var signers: [Int: (identity: MemberIdentity, suite: CipherSuite)] = [:]
    var lastId = 0
    var random = SystemRandomNumberGenerator()
    let judge = VectorJudge()

    mutating func nextId() -> Int {
        lastId += 1
        return lastId
    }

    /// The answer to a line: always one, whatever the line holds.
    mutating func answer(_ line: [UInt8]) -> String {
        do {
            let request = try Request(line: line)
            return JSON.object(["result": .object(try serve(request))]).text
        } catch let error as MLSError {
            return JSON.object([
                "error": .object([
                    "check": .string("\(error.check)"), "number": .int(Int(error.check.rawValue)),
                    "message": .string(error.description),
                ])
            ]).text
        } catch let error as RequestError {
            return JSON.object(["error": .object(["message": .string(error.text)])]).text
        } catch {
            return JSON.object(["error": .object(["message": .string("\(error)")])]).text
        }
    }

    private mutating func serve(_ request: Request) throws -> [String: JSON] {
        switch request.method {
        case "Name": return ["name": .string("chat MLS")]
        case "SupportedCiphersuites":
            return ["ciphersuites": .array(CipherSuite.supported.map { .int(Int($0.rawValue)) })]
        case "CreateGroup": return try createGroup(request)
        case "CreateKeyPackage": return try createKeyPackage(request)
        case "JoinGroup": return try joinGroup(request)
        case "ExternalJoin": return try externalJoin(request)
        case "GroupInfo": return try groupInfo(request)
        case "StateAuth": return ["state_auth_secret": .base64(try session(request).group.epochAuthenticator)]
        case "Export": return try export(request)
        case "Protect": return try protect(request)
        case "Unprotect": return try unprotect(request)
        case "StorePSK": return try storePSK(request)
        case "Commit", "ReInitCommit": return try commit(request)
        case "HandleCommit": return try handleCommit(request)
        case "HandlePendingCommit": return try handlePendingCommit(request)
        case "HandlePendingReInitCommit", "HandleReInitCommit": return try handleReInitCommit(request)
        case "ReInitWelcome": return try reInitWelcome(request)
        case "HandleReInitWelcome": return try handleReInitWelcome(request)
        case "CreateBranch": return try createBranch(request)
        case "HandleBranch": return try handleBranch(request)
        case "NewMemberAddProposal": return try newMemberAddProposal(request)
        case "CreateExternalSigner": return try createExternalSigner(request)
        case "ExternalSignerProposal": return try externalSignerProposal(request)
        case "Free": return try free(request)
        default: return try propose(request)
        }
    }

    func session(_ request: Request) throws -> Session {
        guard let session = sessions[try request.number("state_id")] else { throw RequestError("no such state_id") }
        return session
    }

    /// Works on the state that a request names; what `body` changes is kept only if it succeeds.
    mutating func withSession<Result>(
        _ request: Request, _ body: (inout Session, inout SystemRandomNumberGenerator) throws -> Result
    ) throws -> Result {
        var session = try session(request)
        let result = try body(&session, &random)
        sessions[try request.number("state_id")] = session
        return result
    }

    func identity(_ name: [UInt8], _ suite: CipherSuite) throws -> MemberIdentity {
        var generator = SystemRandomNumberGenerator()
        return MemberIdentity(
            credential: .basic(identity: name), signatureKey: try SignatureKeyPair(suite: suite, using: &generator))
    }

    mutating func transaction(_ name: [UInt8], _ suite: CipherSuite) throws -> Transaction {
        let identity = try identity(name, suite)
        let secrets = try KeyPackage.create(
            suite: suite, identity: identity, lifetime: Lifetime(notBefore: 0, notAfter: .max), using: &random)
        return Transaction(secrets: secrets, identity: identity)
    }

    static func describe(_ transaction: Transaction) -> [String: JSON] {
        [
            "init_priv": .base64(transaction.secrets.initPrivateKey),
            "encryption_priv": .base64(transaction.secrets.encryptionPrivateKey),
            "signature_priv": .base64(transaction.secrets.signaturePrivateKey),
        ]
    }
}
