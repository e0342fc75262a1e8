import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Uploads with java.net.http: CA PROTOCOL, then URL SIZE MODE for each request. Prints a line for each answer. */
class Upload {
    public static void main(String[] args) throws Exception {
        var version = args[1].equals("2") ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1;
        var client = HttpClient.newBuilder().version(version).sslContext(trusting(args[0])).build();
        for (int at = 2; at < args.length; at += 3) {
            System.out.println(answer(client, args[at], Integer.parseInt(args[at + 1]), args[at + 2]));
        }
        System.exit(0);
    }

    static String answer(HttpClient client, String url, int size, String mode) throws Exception {
        byte[] bytes = new byte[size];
        var body = mode.equals("stream")
            ? BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes))
            : BodyPublishers.ofByteArray(bytes);
        var request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(30))
            .expectContinue(mode.equals("expect")).POST(body).build();
        try {
            var answer = client.send(request, BodyHandlers.ofByteArray());
            var version = answer.version() == HttpClient.Version.HTTP_2 ? "2" : "1.1";
            return version + " " + answer.statusCode() + " " + answer.body().length;
        } catch (java.io.IOException error) {
            return "failed: " + error;
        }
    }

    static SSLContext trusting(String file) throws Exception {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var stream = new FileInputStream(file)) {
            store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(stream));
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
