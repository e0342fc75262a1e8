{{/* Labels of an object named $.name; the chart's context is $.root. */}}
{{- define "onboarding.labels" -}}
app.kubernetes.io/name: {{ .name }}
{{ include "onboarding.common" .root }}
{{- end }}

{{- define "onboarding.common" -}}
app.kubernetes.io/part-of: user-onboarding
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* Labels of a pod: what changes with each version of the chart is not among them, lest every upgrade restart all. */}}
{{- define "onboarding.podLabels" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/part-of: user-onboarding
{{- end }}

{{/* image: dict root, name (of the image), key (in image.digests). */}}
{{- define "onboarding.image" -}}
{{- $image := .root.Values.image -}}
{{- $digest := index $image.digests .key -}}
{{- if $digest -}}
{{ $image.repository }}/{{ .name }}@{{ $digest }}
{{- else -}}
{{ $image.repository }}/{{ .name }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "onboarding.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "onboarding.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "onboarding.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* Not on the same node, where there is another. */}}
{{- define "onboarding.affinity" -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector: { matchLabels: { app.kubernetes.io/name: {{ . }} } }
{{- end }}

{{- define "onboarding.spread" -}}
- maxSkew: 1
  topologyKey: {{ .key }}
  whenUnsatisfiable: {{ .when }}
  labelSelector: { matchLabels: { app.kubernetes.io/name: {{ .name }} } }
{{- end }}

{{/* The balancer's configuration, which expects as many instances as there are at least. */}}
{{- define "onboarding.balancerConfig" -}}
{{- $config := .Values.loadBalancer.config | default (.Files.Get "files/load-balancer.toml") -}}
{{- $least := ternary 1 .Values.backend.autoscaling.minReplicas .Values.embedded.enabled -}}
{{- regexReplaceAll "(?m)^expected_instances = [0-9]+.*$" $config (printf "expected_instances = %v" $least) -}}
{{- end }}
