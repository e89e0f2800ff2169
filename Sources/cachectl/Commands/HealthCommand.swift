// `cachectl health`: whether the server serves; any task.

import ArgumentParser
import CacheManagerClient
import Console

/// Asks the standard health service, so that scripts need no other tool.
struct HealthCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Tells whether the server is serving.",
        discussion: """
            Prints SERVING and exits with 0, or prints what it is instead and exits with 1.

            EXAMPLES:
              $ cachectl health
              $ cachectl health cachemanager.v1.Cache --timeout 500ms
            """)

    @Argument(help: "A service's full name. (default: the server as a whole)")
    var service: String?

    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(
        on cache: CacheClient, _ output: Output
    ) async throws -> ProgramExit {
        let service = service ?? ""
        let answer = HealthAnswer(service: service, try await cache.health(of: service))
        try output.show(answer)
        return answer.status == "SERVING" ? .ok : .unmet
    }
}
