import CLISupport
import ChatProtocol
import Testing

@testable import ChatCLI

@Suite struct RefusalHintTests {
    @Test(arguments: [
        ErrorCode.storeCopied, .deviceRevoked, .accountDisabled, .nameTaken, .inviteRequired, .inviteInvalid,
        .registrationClosed, .tooManyDevices,
    ])
    func `what a person can do about a refusal is said`(code: ErrorCode) {
        #expect(RefusalHint.completing(Problem(code)).hint != nil)
        #expect(RefusalHint.completing(Problem(code, hint: "as it was")).hint == "as it was")
    }

    @Test func `where nothing can be done nothing is advised`() {
        #expect(RefusalHint.completing(Problem(.internalFault, "a fault")).hint == nil)
    }
}
