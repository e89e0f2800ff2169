// The server's entry point; everything it does is in ServerApp.

import ServerApp

@main
enum CacheManager {
    static func main() async { await CacheManagerCommand.main() }
}
