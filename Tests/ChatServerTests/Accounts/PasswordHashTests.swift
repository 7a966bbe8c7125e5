import Testing

@testable import ChatServer

@Suite struct PasswordHashTests {
    // Published vectors of the reference implementation (crypt_blowfish's wrapper.c), cost 5.
    static let vectors: [(String, [UInt8])] = [
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", Array("U*U".utf8)),
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", Array("U*U*".utf8)),
        ("$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", Array("U*U*U".utf8)),
        (
            "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
            Array(
                "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored"
                    .utf8)
        ),
        ("$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", [0xff, 0xff, 0xa3]),
        ("$2b$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", [0xa3]),
    ]

    @Test(arguments: vectors) func `published hashes verify`(text: String, password: [UInt8]) throws {
        let hash = try PasswordHash(text)
        #expect(hash.cost == 5)
        #expect(Bcrypt.verify(password, against: hash))
        #expect(!Bcrypt.verify(password + [0x21], against: hash) || password.count >= 72)
        #expect(!Bcrypt.verify([0x78] + password, against: hash))
    }

    @Test func `of a long password the first 72 bytes count`() throws {
        let long = [UInt8](repeating: 0x61, count: 1_000)
        let hash = try Bcrypt.hash(Array(long.prefix(72)), cost: 4)
        #expect(Bcrypt.verify(long, against: hash))
        #expect(Bcrypt.verify(Array(long.prefix(600)), against: hash))
        #expect(!Bcrypt.verify(Array(long.prefix(71)), against: hash))
        #expect(!Bcrypt.verify(long + [UInt8](repeating: 0x61, count: 25), against: hash), "over the limit")
    }

    @Test func `a NUL is never right`() throws {
        let hash = try Bcrypt.hash(Array("password".utf8), cost: 4)
        #expect(Bcrypt.verify(Array("password".utf8), against: hash))
        #expect(!Bcrypt.verify(Array("password\0".utf8), against: hash))
        #expect(!Bcrypt.verify(Array("password\0more".utf8), against: hash))
    }

    @Test func `our own hashes have cost 12 and a salt each`() throws {
        let password = Array("correct horse".utf8)
        let one = try Bcrypt.hash(password)
        #expect(one.text.hasPrefix("$2b$12$") && one.cost == 12)
        #expect(try PasswordHash(one.text) == one)
        #expect(try Bcrypt.hash(password, cost: 4) != Bcrypt.hash(password, cost: 4))
        #expect(throws: Bcrypt.Failure.self) { try Bcrypt.hash([UInt8](repeating: 1, count: 73), cost: 4) }
        #expect(throws: Bcrypt.Failure.self) { try Bcrypt.hash([1, 0, 1], cost: 4) }
    }

    @Test func `the dummy fits the shape`() throws {
        let dummy = try #require(Bcrypt.dummy)
        #expect(dummy.cost == PasswordHash.ownCost)
    }

    static let salted = "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
    static let malformed: [String] = [
        "", "x", "$2a$05$", "$1$abc$def", "$6$rounds=5000$x$y", "$argon2id$v=19$m=65536,t=3,p=4$a$b", "*", "!",
        "$2x$05$\(salted)", "$2$05$\(salted)", "$2a$5$\(salted)C", "$2a$0x$\(salted)", "$2a$-1$\(salted)",
        "$2a$05$\(salted)C", "$2a$05$\(salted.dropLast())", "$2a$05$\(salted.dropLast())\u{0}",
        "$2a$05$\(salted.dropLast())+", "$2a$05$\(salted.dropLast(2))é",
        // Bits that no implementation writes: of the salt, of the hash.
        "$2a$05$CCCCCCCCCCCCCCCCCCCCCCE5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeX",
    ]

    @Test(arguments: malformed) func `what is no bcrypt hash is refused`(text: String) {
        #expect(throws: PasswordHash.Fault.notBcrypt) { try PasswordHash(text) }
    }

    @Test(arguments: [0, 3, 15, 20, 31, 99]) func `a cost out of range is refused uncomputed`(cost: Int) {
        let text = "$2b$\(cost < 10 ? "0" : "")\(cost)$" + Self.salted
        #expect(throws: PasswordHash.Fault.costOutOfRange) { try PasswordHash(text) }
    }
}
